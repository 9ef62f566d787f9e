package dev.sparkling.trainer.model.state;

import ai.djl.ndarray.NDArray;
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
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.model.layout.ParameterLayout;
import dev.sparkling.trainer.model.layout.ParameterTree;
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
 * The values of a model's weights and of its optimizer's state, by Hugging Face names. On the host,
 * values are loaded into and saved from libtorch's memory directly. On another device, values are
 * written tensor by tensor and read through a {@linkplain #newCopy copy} on the host.
 */
public final class ModelState {

  /**
   * Standard deviation of a newly initialized matrix (Hugging Face's {@code initializer_range}).
   */
  private static final double INITIAL_DEVIATION = 0.02;

  private final ModelConfiguration model;
  private final ParameterTree<NDArray> weights;
  private final List<NDArray> values;
  private final List<Parameter> parameters;
  private final List<Map<Moment, NDArray>> moments = new ArrayList<>();
  private final Optional<OptimizerType> optimizer;
  private final NamedTensors tensors;

  private ModelState(
      ModelConfiguration model, Optional<OptimizerType> optimizer, NDManager manager) {
    this(
        model,
        optimizer,
        manager,
        Torch.isOnHost(manager) ? new HostTensors() : new DeviceTensors(manager));
  }

  /** Creates a state of zeros; tests pass {@link DeviceTensors} on the host. */
  ModelState(
      ModelConfiguration model,
      Optional<OptimizerType> optimizer,
      NDManager manager,
      NamedTensors tensors) {
    this.model = model;
    this.optimizer = optimizer;
    this.tensors = tensors;
    ParameterTree<Parameter> layout = ParameterLayout.of(model);
    this.weights = zeros(layout, manager);
    this.parameters = layout.all();
    this.values = weights.all();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      add(parameter, values.get(i), UnaryOperator.identity());
      Map<Moment, NDArray> kept = new EnumMap<>(Moment.class);
      for (Moment moment : moments(parameter.role())) {
        NDArray array = zeros(parameter, manager);
        kept.put(moment, array);
        add(parameter, array, moment::of);
      }
      moments.add(kept);
    }
  }

  /** Creates weights of zeros without optimizer state. */
  public static ModelState ofWeights(ModelConfiguration model, NDManager manager) {
    return new ModelState(model, Optional.empty(), manager);
  }

  /** Creates weights and optimizer state of zeros. */
  public static ModelState ofTraining(
      ModelConfiguration model, OptimizerType optimizer, NDManager manager) {
    return new ModelState(model, Optional.of(optimizer), manager);
  }

  /** Creates arrays of zeros in the shapes of a model's parameters, for example for gradients. */
  public static ParameterTree<NDArray> zeros(ParameterTree<Parameter> layout, NDManager manager) {
    return layout.map(parameter -> zeros(parameter, manager));
  }

  private static NDArray zeros(Parameter parameter, NDManager manager) {
    long[] shape = parameter.shape().stream().mapToLong(Long::longValue).toArray();
    return manager.zeros(new Shape(shape), DataType.FLOAT32);
  }

  public ParameterTree<NDArray> weights() {
    return weights;
  }

  /** Returns all parameters with their values, gradients and moments, for an optimizer. */
  public List<ParameterState> parameters(ParameterTree<NDArray> gradients) {
    List<NDArray> gradientList = gradients.all();
    List<ParameterState> states = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      states.add(
          new ParameterState(
              parameters.get(i), values.get(i), gradientList.get(i), moments.get(i)));
    }
    return states;
  }

  /**
   * Creates a state of zeros with the same shapes.
   *
   * @param owner owner of its arrays, on any device
   */
  public ModelState newCopy(NDManager owner) {
    return new ModelState(model, optimizer, owner);
  }

  /** Copies all values from a state with the same shapes, which may be on another device. */
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

  /**
   * Whether {@link #tensors} can read these values; if not, they must be copied to the host first.
   */
  public boolean isOnHost() {
    return tensors instanceof HostTensors;
  }

  /**
   * Sets matrices to random values, which depend only on the seed and the tensors' names, and norms
   * to 1.
   */
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
   * Reads a checkpoint's values.
   *
   * @param location location of the checkpoint, for messages
   * @throws UserError if a tensor is not fp32
   */
  public void load(TensorSequence source, String location) {
    for (TensorSpec tensor : source.tensors()) {
      if (tensor.dtype() != DType.F32) {
        throw new UserError(
            location + ": " + tensor.name() + " is " + tensor.dtype() + "; only F32 can be loaded");
      }
      MemorySegment values = source.next();
      tensors.write(tensor.name(), target -> target.copyFrom(values));
    }
  }

  /**
   * Returns the values of one kind of file in the catalogue's order, read from libtorch's memory
   * without a copy.
   *
   * @throws IllegalStateException if they are not on the host
   */
  public TensorSequence tensors(FileKind kind) {
    if (!(tensors instanceof HostTensors host)) {
      throw new IllegalStateException("values on another device must be copied to the host first");
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
    for (PackedTensor packed : parameter.tensors()) {
      String tensor = name.apply(packed.name());
      switch (tensors) {
        case HostTensors host ->
            host.add(tensor, Torch.memory(array, packed.offset(), packed.elements()));
        case DeviceTensors device -> device.add(tensor, array, packed);
      }
    }
  }

  /** Weights and moments. */
  private List<NDArray> arrays() {
    List<NDArray> arrays = new ArrayList<>(values);
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
