package dev.sparkling.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.trainer.TestTorch;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TwoWayExecutorTest {

  private static final long TIMEOUT_SECONDS = 60;

  private final TwoWayExecutor executor = new TwoWayExecutor(TestTorch.THREADS);

  @BeforeAll
  static void start() {
    TestTorch.start();
  }

  @AfterEach
  void close() {
    executor.close();
  }

  @Test
  void twoTasksRunAtTheSameTimeAndReturnInTheirOrder() {
    CountDownLatch bothRun = new CountDownLatch(2);
    IntFunction<String> task =
        index -> {
          bothRun.countDown();
          await(bothRun);
          return "task " + index;
        };
    assertThat(executor.run(2, task)).containsExactly("task 0", "task 1");
  }

  @Test
  void oneTaskRunsOnTheCallingThread() {
    Thread caller = Thread.currentThread();
    assertThat(executor.run(1, _ -> Thread.currentThread())).containsExactly(caller);
  }

  @Test
  void twoTasksOfAnOddNumberOfThreadsAreRefused() {
    try (TwoWayExecutor three = new TwoWayExecutor(3)) {
      assertThatThrownBy(() -> three.run(2, index -> index))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("2 tasks of 3 threads");
    }
  }

  @Test
  void whatOneTaskThrowsIsThrownAfterTheOtherHasEnded() {
    for (int failing = 0; failing < 2; failing++) {
      int bad = failing;
      CountDownLatch failed = new CountDownLatch(1);
      AtomicBoolean otherEnded = new AtomicBoolean();
      IntFunction<Integer> task =
          index -> {
            if (index == bad) {
              failed.countDown();
              throw new IllegalArgumentException("task " + index);
            }
            await(failed);
            otherEnded.set(true);
            return index;
          };
      assertThatThrownBy(() -> executor.run(2, task))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("task " + bad);
      assertThat(otherEnded).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
