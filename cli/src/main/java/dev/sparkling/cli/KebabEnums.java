package dev.sparkling.cli;

import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options take the same names as the resource: {@code copy-copy}, not {@code COPY_COPY}. */
final class KebabEnums {

  private KebabEnums() {}

  static final class OfInitialization implements ITypeConverter<Initialization> {
    @Override
    public Initialization convert(String name) {
      return parse(Initialization.class, name);
    }
  }

  static final class OfOptimizerState implements ITypeConverter<OptimizerStateStrategy> {
    @Override
    public OptimizerStateStrategy convert(String name) {
      return parse(OptimizerStateStrategy.class, name);
    }
  }

  static final class OfNorms implements ITypeConverter<NormInitialization> {
    @Override
    public NormInitialization convert(String name) {
      return parse(NormInitialization.class, name);
    }
  }

  private static <E extends Enum<E>> E parse(Class<E> type, String name) {
    return JsonNames.parse(type, name)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'" + name + "' is not one of " + String.join(", ", JsonNames.all(type))));
  }
}
