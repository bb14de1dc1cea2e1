/** The worker's thread where this package runs from its sources: Node 20 takes no TypeScript, and tsx's own hooks leave workers out. */
import { register } from 'tsx/esm/api';

register();
await import('./session-worker.ts');
