/**
 * Whether a promise resolves within some milliseconds; it is not waited for longer.
 * @throws what the promise throws within them
 */
export async function within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  promise.catch(() => undefined); // After the time nobody asks.
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
