package dev.sparkling.cli;

import picocli.CommandLine.Command;

@Command(
    name = "data",
    description = "Works on datasets.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = DataPrepareCommand.class)
final class DataCommand {}
