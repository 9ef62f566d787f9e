package dev.sparkling.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.OptimizerSpec;
import dev.sparkling.pipeline.spec.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.optim.AdamW;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** Every array has one owner, and a step gives back all that it took. */
class NativeMemoryTest {

  private static final int STEPS = 50;
  private static final int WINDOWS = 40;

  /**
   * Measured: 608 bytes a step, and 1200 where one kind of argument is not closed, which is 19
   * handles of 32 bytes. The first are inside of DJL's own calls.
   */
  private static final long ALLOWED_GROWTH_BYTES = STEPS * 900L;

  private static final int MAPPED_FIELD = 4;
  private static final int USED_FIELD = 7;

  @Test
  void stepsLeaveNoArraysAndNoMemoryBehind() {
    ModelConfiguration model = TestModels.moe(true);
    Batch batch = new Batch(1, new long[16], new long[16]);
    try (NDManager manager = TestTorch.start().newManager()) {
      ModelState state = ModelState.ofTraining(model, manager);
      state.initialize(1);
      Weights<Parameter> layout = ParameterLayout.of(model);
      Weights<NDArray> gradients = ModelState.zeros(layout, manager);
      Transformer transformer = new Transformer(model, 16, manager);
      AdamW optimizer =
          new AdamW(
              new OptimizerSpec(OptimizerType.ADAMW, List.of(0.9, 0.95), 1e-8, 0.1),
              states(layout, state, gradients),
              TestTensors.state(model, 0),
              manager);
      Runnable step =
          () -> {
            optimizer.zeroGradients();
            transformer.lossAndGradients(state.weights(), gradients, batch, 1);
            optimizer.update(1, List.of(1e-3));
            transformer.loss(state.weights(), batch);
          };
      run(step);
      int arrays = manager.getManagedArrays().size();
      // The compiler's threads allocate and free megabytes meanwhile, so that only a window in
      // which
      // they rest tells; what a step forgets is there in every one.
      List<Long> growth = new ArrayList<>();
      do {
        long before = allocatedBytes();
        run(step);
        growth.add(allocatedBytes() - before);
      } while (growth.size() < WINDOWS && !isAllowed(growth.getLast()));
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(growth.getLast()).as("%s", growth).isBetween(0L, ALLOWED_GROWTH_BYTES);
    }
  }

  private static boolean isAllowed(long growth) {
    return growth >= 0 && growth <= ALLOWED_GROWTH_BYTES;
  }

  private static void run(Runnable step) {
    for (int i = 0; i < STEPS; i++) {
      step.run();
    }
  }

  private static List<AdamW.State> states(
      Weights<Parameter> layout, ModelState state, Weights<NDArray> gradients) {
    List<AdamW.State> states = new ArrayList<>();
    Iterator<NDArray> values = state.weights().all().iterator();
    Iterator<NDArray> slopes = gradients.all().iterator();
    Iterator<NDArray> firsts = state.moment(Moment.FIRST).all().iterator();
    Iterator<NDArray> seconds = state.moment(Moment.SECOND).all().iterator();
    for (Parameter parameter : layout.all()) {
      states.add(
          new AdamW.State(parameter, values.next(), slopes.next(), firsts.next(), seconds.next()));
    }
    return states;
  }

  /** What the C library has handed out and not got back: glibc's {@code mallinfo2().uordblks}. */
  @SuppressWarnings("restricted")
  private static long allocatedBytes() {
    Linker linker = Linker.nativeLinker();
    MemoryLayout information =
        MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));
    MemorySegment function =
        linker
            .defaultLookup()
            .find("mallinfo2")
            .orElseThrow(
                () -> {
                  System.out.println("SKIPPED: native memory is counted by glibc 2.33 or newer");
                  return new TestAbortedException("no mallinfo2");
                });
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts =
          (MemorySegment)
              linker
                  .downcallHandle(function, FunctionDescriptor.of(information))
                  .invokeExact((SegmentAllocator) arena);
      return counts.getAtIndex(ValueLayout.JAVA_LONG, USED_FIELD)
          + counts.getAtIndex(ValueLayout.JAVA_LONG, MAPPED_FIELD);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
