package dev.sparkling.trainer.data;

/**
 * A text that is tokenized as one.
 *
 * @param name where it is from; decides whether it is held out for validation
 */
public record Document(String name, String text) {}
