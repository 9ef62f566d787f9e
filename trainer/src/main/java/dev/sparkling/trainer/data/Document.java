package dev.sparkling.trainer.data;

/**
 * A text that is tokenized as a unit.
 *
 * @param name origin of the text, which decides whether it is held out for validation
 */
public record Document(String name, String text) {}
