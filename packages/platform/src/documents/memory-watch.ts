/**
 * A thread that ends its process when that holds more memory than allowed, or when the one that started it is gone. A limit of
 * the heap alone would miss buffers, which is where a file made to explode unpacks to.
 */
import { workerData } from "node:worker_threads";

const maxBytes = workerData as number;
const startedBy = process.ppid;

setInterval(() => {
  if (process.memoryUsage.rss() > maxBytes || process.ppid !== startedBy) process.kill(process.pid, "SIGKILL");
}, 25);
