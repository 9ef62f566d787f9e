package dev.sparkling.operator.observe;

import java.util.Optional;

/**
 * What the user demands of a run besides its spec.
 *
 * @param generation generation of the resource; an edit of the spec raises it
 * @param retry value of the annotation that asks for another try, unless the run has followed it
 */
public record Demand(long generation, Optional<String> retry) {}
