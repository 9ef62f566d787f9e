package dev.sparkling.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.pipeline.spec.Initialization;
import dev.sparkling.pipeline.spec.NormInitialization;
import dev.sparkling.pipeline.spec.OptimizerStateStrategy;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options take the same names as the resource: {@code copy-copy}, not {@code COPY_COPY}. */
final class KebabEnums {

  private static final ObjectMapper JSON = new ObjectMapper();

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
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> name(constant).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'"
                        + name
                        + "' is not one of "
                        + Arrays.stream(type.getEnumConstants())
                            .map(KebabEnums::name)
                            .collect(Collectors.joining(", "))));
  }

  private static String name(Enum<?> constant) {
    return JSON.convertValue(constant, String.class);
  }
}
