export { type BullQueueOptions, createBullQueue, type QueueState } from './bullmq/create-bull-queue.js';
export { type DeadLetter, readDeadLetters, retryDeadLetters } from './bullmq/dead-letters.js';
export { queueName, type QueuePlace, redisInWords } from './bullmq/redis-place.js';
export { workShards, type WorkShardsOptions, type WorkSummary } from './bullmq/work-shards.js';
