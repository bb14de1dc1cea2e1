/** Whether data is a file of trajectories, and no folder. */
export function isTrajectoryFile(data: string): boolean {
  return data.endsWith('.jsonl');
}
