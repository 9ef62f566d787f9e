package dev.sparkling.worker.argument;

import dev.sparkling.pipeline.json.JsonNames;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Parses enum options by the names that the resource uses, such as {@code copy-copy}. The names of
 * enums that are not part of the resource are their constants in lower case.
 */
public final class EnumNames {

  private EnumNames() {}

  /** Registers a converter for the enum options of a command and of its subcommands. */
  public static void register(CommandLine command) {
    Stream.concat(
            command.getCommandSpec().options().stream(),
            command.getCommandSpec().positionalParameters().stream())
        .map(ArgSpec::type)
        .filter(Class::isEnum)
        .forEach(type -> register(command, type));
    command.getSubcommands().values().forEach(EnumNames::register);
  }

  private static <E> void register(CommandLine command, Class<E> type) {
    command.registerConverter(type, name -> parse(type, name));
  }

  private static <E> E parse(Class<E> type, String name) {
    List<E> constants = Arrays.asList(type.getEnumConstants());
    return constants.stream()
        .filter(constant -> name(constant).equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'%s' is not one of %s"
                        .formatted(
                            name,
                            String.join(", ", constants.stream().map(EnumNames::name).toList()))));
  }

  private static String name(Object constant) {
    Enum<?> known = (Enum<?>) constant;
    String name = JsonNames.of(known);
    return name.equals(known.name()) ? name.toLowerCase(Locale.ROOT) : name;
  }
}
