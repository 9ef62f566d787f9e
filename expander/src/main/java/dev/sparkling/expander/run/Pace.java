package dev.sparkling.expander.run;

/**
 * Keeps works of unequal size, done side by side, at equal shares of what each has to do, so that
 * they end together: otherwise the larger one goes on alone in the end, on one core.
 */
final class Pace {

  /** How far one may be ahead of another. */
  private static final double LEAD = 0.01;

  private final long[] all;
  private final long[] done;
  private boolean ended;

  /**
   * Begins several works.
   *
   * @param all what each has to do
   */
  Pace(long... all) {
    this.all = all.clone();
    this.done = new long[all.length];
  }

  /** One has done some more; waits while it is ahead of another. */
  synchronized void advance(int work, long more) {
    done[work] += more;
    notifyAll();
    try {
      while (!ended && share(work) < 1 && share(work) > least() + LEAD) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One has ended early, so that nobody may wait for it. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  private double share(int work) {
    return all[work] == 0 ? 1 : (double) done[work] / all[work];
  }

  private double least() {
    double least = 1;
    for (int work = 0; work < all.length; work++) {
      least = Math.min(least, share(work));
    }
    return least;
  }
}
