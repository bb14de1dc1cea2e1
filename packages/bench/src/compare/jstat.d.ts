declare module 'jstat' {
  const jstat: {
    readonly jStat: {
      /** The regularised incomplete beta function I_x(a, b). */
      ibeta(x: number, a: number, b: number): number;
      readonly normal: {
        /** The quantile of a probability. */
        inv(probability: number, mean: number, deviation: number): number;
      };
      readonly studentt: {
        /** The quantile of a probability. */
        inv(probability: number, degrees: number): number;
      };
    };
  };
  export default jstat;
}
