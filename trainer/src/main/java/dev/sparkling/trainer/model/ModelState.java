package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.trainer.model.Parameter.Piece;
import dev.sparkling.trainer.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The values of a model and of its optimizer, reached by Hugging Face's names. In the host's memory
 * they are libtorch's own memory: loading and saving copy nothing twice. On another device they are
 * written tensor by tensor, and read through a {@linkplain #newCopy copy} on the host.
 */
public final class ModelState {

  /** Standard deviation of a new matrix (Hugging Face's {@code initializer_range}). */
  private static final double INITIAL_DEVIATION = 0.02;

  private final ModelConfiguration model;
  private final Weights<NDArray> values;
  private final List<NDArray> all;
  private final List<Parameter> parameters;
  private final List<Map<Moment, NDArray>> moments = new ArrayList<>();
  private final Optional<OptimizerType> optimizer;
  private final Tensors tensors;

  private ModelState(
      ModelConfiguration model, Optional<OptimizerType> optimizer, NDManager manager) {
    this(
        model,
        optimizer,
        manager,
        Torch.isOnHost(manager) ? new HostTensors() : new DeviceTensors(manager));
  }

  /** With a choice of how tensors are reached, which the manager's device allows. */
  ModelState(
      ModelConfiguration model,
      Optional<OptimizerType> optimizer,
      NDManager manager,
      Tensors tensors) {
    this.model = model;
    this.optimizer = optimizer;
    this.tensors = tensors;
    Weights<Parameter> layout = ParameterLayout.of(model);
    this.values = zeros(layout, manager);
    this.parameters = layout.all();
    this.all = values.all();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      add(parameter, all.get(i), UnaryOperator.identity());
      Map<Moment, NDArray> kept = new EnumMap<>(Moment.class);
      for (Moment moment : moments(parameter.role())) {
        NDArray array = zeros(parameter, manager);
        kept.put(moment, array);
        add(parameter, array, moment::of);
      }
      moments.add(kept);
    }
  }

  /** Weights only, zero. */
  public static ModelState ofWeights(ModelConfiguration model, NDManager manager) {
    return new ModelState(model, Optional.empty(), manager);
  }

  /** Weights and the optimizer's state, zero. */
  public static ModelState ofTraining(
      ModelConfiguration model, OptimizerType optimizer, NDManager manager) {
    return new ModelState(model, Optional.of(optimizer), manager);
  }

  /** Zeros in the shape of the model's parameters, such as gradients. */
  public static Weights<NDArray> zeros(Weights<Parameter> layout, NDManager manager) {
    return layout.map(parameter -> zeros(parameter, manager));
  }

  private static NDArray zeros(Parameter parameter, NDManager manager) {
    long[] shape = parameter.shape().stream().mapToLong(Long::longValue).toArray();
    return manager.zeros(new Shape(shape), DataType.FLOAT32);
  }

  public Weights<NDArray> weights() {
    return values;
  }

  /**
   * All parameters with what the optimizer needs of them.
   *
   * @param gradients in the same order
   */
  public List<ParameterState> parameters(Weights<NDArray> gradients) {
    List<NDArray> slopes = gradients.all();
    List<ParameterState> states = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      states.add(new ParameterState(parameters.get(i), all.get(i), slopes.get(i), moments.get(i)));
    }
    return states;
  }

  /**
   * Arrays for a copy, of the same kinds.
   *
   * @param owner of the arrays
   */
  public ModelState newCopy(NDManager owner) {
    return new ModelState(model, optimizer, owner);
  }

  /** Takes all values of another of the same model, wherever the two lie. */
  public void copyFrom(ModelState other) {
    if (other.tensors instanceof DeviceTensors device) {
      device.copy(arrays(), other.arrays());
      return;
    }
    switch (tensors) {
      case DeviceTensors device -> device.copy(arrays(), other.arrays());
      case HostTensors host -> host.copyFrom((HostTensors) other.tensors);
    }
  }

  /** Whether {@link #tensors} reads them; if not, it reads a copy on the host. */
  public boolean isOnHost() {
    return tensors instanceof HostTensors;
  }

  /** Random matrices, norms of one; a pure function of the seed and the tensors' names. */
  public void initialize(long seed) {
    for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
      int columns = Math.toIntExact(tensor.shape().getLast());
      float[] row = new float[columns];
      TensorRandom random = new TensorRandom(seed, tensor.name());
      tensors.write(
          tensor.name(),
          target -> {
            long rows = target.byteSize() / Float.BYTES / columns;
            for (long r = 0; r < rows; r++) {
              if (tensor.role() == TensorRole.NORM) {
                Arrays.fill(row, 1);
              } else {
                random.fillRow(r, row, INITIAL_DEVIATION);
              }
              MemorySegment.copy(
                  row, 0, target, ValueLayout.JAVA_FLOAT, r * columns * Float.BYTES, columns);
            }
          });
    }
  }

  /**
   * Copies a checkpoint's values in.
   *
   * @param location of the checkpoint, for messages
   */
  public void load(TensorSequence source, String location) {
    for (TensorSpec tensor : source.tensors()) {
      if (tensor.dtype() != DType.F32) {
        throw new UserError(
            location
                + ": "
                + tensor.name()
                + " is "
                + tensor.dtype()
                + "; this version trains F32 only");
      }
      MemorySegment values = source.next();
      tensors.write(tensor.name(), target -> target.copyFrom(values));
    }
  }

  /**
   * The values of a kind, in the catalogue's order, straight from libtorch's memory.
   *
   * @throws IllegalStateException where they are not on the host
   */
  public TensorSequence tensors(FileKind kind) {
    if (!(tensors instanceof HostTensors host)) {
      throw new IllegalStateException("values of another device are read through a copy");
    }
    Map<TensorSpec, MemorySegment> all = new LinkedHashMap<>();
    for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
      List<String> names =
          switch (kind) {
            case MODEL -> List.of(tensor.name());
            case OPTIMIZER ->
                moments(tensor.role()).stream().map(moment -> moment.of(tensor.name())).toList();
          };
      for (String name : names) {
        all.put(new TensorSpec(name, DType.F32, tensor.shape()), host.get(name));
      }
    }
    return new InMemory(List.copyOf(all.keySet()), all.values().iterator());
  }

  private List<Moment> moments(TensorRole role) {
    return optimizer.map(type -> Moment.of(type, role)).orElse(List.of());
  }

  private void add(Parameter parameter, NDArray array, UnaryOperator<String> name) {
    for (Piece piece : parameter.pieces()) {
      tensors.add(name.apply(piece.tensor()), array, piece);
    }
  }

  /** Values and moments. */
  private NDList arrays() {
    NDList arrays = new NDList(all);
    moments.forEach(kept -> arrays.addAll(kept.values()));
    return arrays;
  }

  private record InMemory(List<TensorSpec> tensors, Iterator<MemorySegment> values)
      implements TensorSequence {
    @Override
    public MemorySegment next() {
      return values.next();
    }

    @Override
    public void close() {}
  }
}
