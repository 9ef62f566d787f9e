package dev.sparkling.cli.data;

import picocli.CommandLine.Command;

@Command(
    name = "data",
    description = "Prepares datasets.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = DataPrepareCommand.class)
public final class DataCommand {

  /** Default of {@code --separator}. */
  public static final String SEPARATOR = "<|endoftext|>";
}
