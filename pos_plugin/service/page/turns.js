// A scanner is faster than an answer: what is to be done waits its turn, none is lost, none
// overtakes.
let queue = Promise.resolve();
let waiting = 0;

const hooks = { busy() {}, failed() {}, done() {} };

export function onTurns(given) {
  Object.assign(hooks, given);
}

export function inTurn(work) {
  waiting += 1;
  hooks.busy(true);
  queue = queue.then(async () => {
    try {
      await work();
    } catch (error) {
      hooks.failed(error);
    }
    waiting -= 1;
    hooks.busy(waiting > 0);
    hooks.done();
  });
  return queue;
}
