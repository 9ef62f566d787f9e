package dev.sparkling.pipeline.validation;

import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import java.util.function.UnaryOperator;

/** Rules for the numbers of an expansion, shared by the resource and {@code sparkling expand}. */
public final class ExpansionRules {
  private final UnaryOperator<String> nameOf;
  private final Problems problems;

  private ExpansionRules(UnaryOperator<String> nameOf, Problems problems) {
    this.nameOf = nameOf;
    this.problems = problems;
  }

  /**
   * Checks the fields that can be checked without the rest of the resource.
   *
   * @param nameOf maps a field such as {@code rewarmup.ratio} to its name for the user, for
   *     messages
   */
  public static void check(
      ExpansionSpec expansion, UnaryOperator<String> nameOf, Problems problems) {
    new ExpansionRules(nameOf, problems).check(expansion);
  }

  private void check(ExpansionSpec expansion) {
    positive("rewarmup.ratio", expansion.rewarmup().ratio());
    int steps = expansion.rewarmup().steps();
    problems.require(
        steps >= 0, nameOf.apply("rewarmup.steps"), steps + " is too small; at least 0");
    positive("tolerance", expansion.tolerance());
    BaselineSpec baseline = expansion.baseline();
    problems.require(
        baseline.unevenShare() > 0 && baseline.unevenShare() < 1,
        nameOf.apply("baseline.unevenShare"),
        baseline.unevenShare() + " is not between 0 and 1; a number above 0 and below 1 is needed");
    problems.require(
        baseline.perturbation() >= 0 && Double.isFinite(baseline.perturbation()),
        nameOf.apply("baseline.perturbation"),
        baseline.perturbation() + " is not a finite number; 0 or more is needed");
    problems.require(
        Double.isFinite(baseline.signalToNoiseDecibels()),
        nameOf.apply("baseline.signalToNoiseDecibels"),
        baseline.signalToNoiseDecibels() + " is not a finite number");
  }

  private void positive(String field, double value) {
    problems.require(
        value > 0 && Double.isFinite(value),
        nameOf.apply(field),
        value + " is not a finite number above 0");
  }
}
