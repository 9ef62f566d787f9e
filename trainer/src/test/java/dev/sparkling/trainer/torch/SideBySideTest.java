package dev.sparkling.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.sparkling.trainer.TestTorch;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SideBySideTest {

  private final Torch torch = TestTorch.start();
  private final SideBySide sides = new SideBySide(TestTorch.THREADS);

  @AfterEach
  void close() {
    sides.close();
  }

  @Test
  void twoSharesWhereSequencesAndThreadsCanBeHalvedAndOneElsewhere() {
    try (NDManager manager = torch.newManager();
        SideBySide threeThreads = new SideBySide(3)) {
      assertThat(sides.count(4, manager)).isEqualTo(2);
      assertThat(sides.count(3, manager)).isEqualTo(1);
      assertThat(sides.count(1, manager)).isEqualTo(1);
      assertThat(threeThreads.count(4, manager)).isEqualTo(1);
    }
  }

  @Test
  void sharesRunAtTheSameTimeAndResultsAreInTheirOrder() {
    CountDownLatch bothRun = new CountDownLatch(2);
    IntFunction<String> work =
        share -> {
          bothRun.countDown();
          await(bothRun);
          return "share " + share;
        };
    assertThat(sides.run(2, work)).containsExactly("share 0", "share 1");
  }

  @Test
  void oneShareNeedsNoThread() {
    Thread caller = Thread.currentThread();
    assertThat(sides.run(1, _ -> Thread.currentThread())).containsExactly(caller);
  }

  @Test
  void whatOneShareThrowsIsThrownWhenTheOtherHasEnded() {
    for (int failing = 0; failing < 2; failing++) {
      int bad = failing;
      CountDownLatch failed = new CountDownLatch(1);
      AtomicBoolean otherEnded = new AtomicBoolean();
      IntFunction<Integer> work =
          share -> {
            if (share == bad) {
              failed.countDown();
              throw new IllegalArgumentException("share " + share);
            }
            await(failed);
            otherEnded.set(true);
            return share;
          };
      assertThatThrownBy(() -> sides.run(2, work))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("share " + bad);
      assertThat(otherEnded).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
