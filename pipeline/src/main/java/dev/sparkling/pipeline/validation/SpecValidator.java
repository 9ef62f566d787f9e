package dev.sparkling.pipeline.validation;

import dev.sparkling.pipeline.plan.ParameterCount;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.StageSpec;
import dev.sparkling.pipeline.spec.model.Architecture;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Limits;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.LearningRateSpec;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Validates the fields of a resource, alone and together. Adds every problem to {@link Problems};
 * never throws.
 */
public final class SpecValidator {

  private static final Pattern NAME = Pattern.compile(ProgressiveTraining.NAME_PATTERN);

  private static final String NAME_RULE =
      "1 to 40 of a-z, 0-9 and '-', beginning and ending with a letter or digit";

  /**
   * Largest number of stages that the cost limits of the CustomResourceDefinition's CEL rules
   * allow.
   */
  private static final int MAX_STAGES = 8;

  private final Problems problems;

  private SpecValidator(Problems problems) {
    this.problems = problems;
  }

  /** Validates a resource. */
  public static void validate(ProgressiveTraining resource, Problems problems) {
    new SpecValidator(problems).header(resource);
    validate("metadata.name", resource.metadata().name(), resource.spec(), problems);
  }

  /**
   * Validates a spec.
   *
   * @param namePath path of the run's name, for messages
   */
  public static void validate(
      String namePath, String name, ProgressiveTrainingSpec spec, Problems problems) {
    SpecValidator validator = new SpecValidator(problems);
    validator.name(namePath, name);
    validator.spec(spec);
    validator.namesTogether(namePath, name, spec.stages());
    Availability.check(spec, problems);
  }

  private void header(ProgressiveTraining resource) {
    problems.require(
        resource.apiVersion().equals(ProgressiveTraining.API_VERSION),
        "apiVersion",
        quoted(resource.apiVersion()) + "; allowed: " + ProgressiveTraining.API_VERSION);
    problems.require(
        resource.kind().equals(ProgressiveTraining.KIND),
        "kind",
        quoted(resource.kind()) + "; allowed: " + ProgressiveTraining.KIND);
  }

  private void namesTogether(String namePath, String run, List<StageSpec> stages) {
    for (int i = 0; i < stages.size(); i++) {
      String stage = stages.get(i).name();
      problems.require(
          run.length() + stage.length() <= ProgressiveTraining.LONGEST_NAMES,
          "spec.stages[" + i + "].name",
          "'%s' and %s '%s' have %d characters together; at most %d"
              .formatted(
                  stage,
                  namePath,
                  run,
                  run.length() + stage.length(),
                  ProgressiveTraining.LONGEST_NAMES));
    }
  }

  private void spec(ProgressiveTrainingSpec spec) {
    model(spec.model());
    text("spec.data.uri", spec.data().uri(), "where the training shards are");
    text("spec.data.validationUri", spec.data().validationUri(), "where the validation shards are");
    training(spec.training());
    stages(spec);
    text("spec.storage.uri", spec.storage().uri(), "where the run keeps its checkpoints");
    atLeast("spec.retries", spec.retries(), 0);
    atMost("spec.retries", spec.retries(), Limits.RETRIES);
    atLeast("spec.trainer.nodes", spec.trainer().nodes(), 1);
    grace("spec.trainer", spec.trainer().terminationGracePeriodSeconds());
    grace("spec.expander", spec.expander().terminationGracePeriodSeconds());
    if (spec.trainer().threads() != null) {
      atLeast("spec.trainer.threads", spec.trainer().threads(), 1);
      atMost("spec.trainer.threads", spec.trainer().threads(), Limits.THREADS);
    }
  }

  private void grace(String path, int seconds) {
    atLeast(path + ".terminationGracePeriodSeconds", seconds, Limits.GRACE_SECONDS_MIN);
    atMost(path + ".terminationGracePeriodSeconds", seconds, Limits.GRACE_SECONDS_MAX);
  }

  private void model(ModelSpec model) {
    size("spec.model.vocabularySize", model.vocabularySize(), Limits.VOCABULARY);
    size("spec.model.layers", model.layers(), Limits.LAYERS);
    size("spec.model.hiddenSize", model.hiddenSize(), Limits.WIDTH);
    size("spec.model.innerSize", model.innerSize(), Limits.WIDTH);
    size("spec.model.attentionHeads", model.attentionHeads(), Limits.HEADS);
    size("spec.model.keyValueHeads", model.keyValueHeads(), Limits.HEADS);
    size("spec.model.headDim", model.headDim(), Limits.HEAD_DIM);
    if (model.keyValueHeads() > 0 && model.attentionHeads() > 0) {
      problems.require(
          model.attentionHeads() % model.keyValueHeads() == 0,
          "spec.model.keyValueHeads",
          model.keyValueHeads()
              + " does not divide attentionHeads "
              + model.attentionHeads()
              + "; every key/value head serves the same number of query heads");
    }
    problems.require(
        model.headDim() % 2 == 0,
        "spec.model.headDim",
        model.headDim()
            + " is odd; rotary embedding rotates pairs of channels, so it must be even");
    if (model.architecture() == Architecture.MOE) {
      size("spec.model.experts", model.experts(), Limits.EXPERTS);
      size("spec.model.expertsPerToken", model.expertsPerToken(), Limits.EXPERTS);
      problems.require(
          model.expertsPerToken() <= model.experts(),
          "spec.model.expertsPerToken",
          model.expertsPerToken() + " is more than the " + model.experts() + " experts");
    } else {
      problems.require(
          model.experts() == 0,
          "spec.model.experts",
          model.experts() + " with architecture dense; leave it out, or use architecture moe");
      problems.require(
          model.expertsPerToken() == 0,
          "spec.model.expertsPerToken",
          model.expertsPerToken() + " with architecture dense; leave it out");
    }
    positive("spec.model.ropeTheta", model.ropeTheta());
    positive("spec.model.rmsNormEpsilon", model.rmsNormEpsilon());
  }

  private void training(TrainingSpec training) {
    size("spec.training.sequenceLength", training.sequenceLength(), Limits.SEQUENCE_LENGTH);
    size("spec.training.globalBatchSize", training.globalBatchSize(), Limits.BATCH);
    size("spec.training.microBatchSize", training.microBatchSize(), Limits.BATCH);
    if (training.microBatchSize() > 0) {
      problems.require(
          training.globalBatchSize() % training.microBatchSize() == 0,
          "spec.training.microBatchSize",
          training.microBatchSize()
              + " does not divide globalBatchSize "
              + training.globalBatchSize()
              + "; a divisor of it is needed");
    }
    optimizer(training.optimizer());
    LearningRateSpec rate = training.learningRate();
    positive("spec.training.learningRate.peak", rate.peak());
    between("spec.training.learningRate.warmupFraction", rate.warmupFraction(), 0, 1);
    between("spec.training.learningRate.finalRatio", rate.finalRatio(), 0, 1);
    between("spec.training.learningRate.decayFraction", rate.decayFraction(), 0, 1);
    notNegative("spec.training.gradientClipping", training.gradientClipping());
    between("spec.training.balancing.coefficient", training.balancing().coefficient(), 0, 1);
    between("spec.training.balancing.zCoefficient", training.balancing().zCoefficient(), 0, 1);
    atLeast("spec.training.checkpoints.everySteps", training.checkpoints().everySteps(), 1);
    atLeast("spec.training.checkpoints.keepLast", training.checkpoints().keepLast(), 1);
    atLeast("spec.training.evaluation.everySteps", training.evaluation().everySteps(), 1);
    atLeast("spec.training.evaluation.sequences", training.evaluation().sequences(), 1);
  }

  private void optimizer(OptimizerSpec optimizer) {
    List<Double> betas = optimizer.betas();
    problems.require(
        betas.size() == 2 && betas.stream().allMatch(beta -> beta >= 0 && beta < 1),
        "spec.training.optimizer.betas",
        betas + "; two numbers from 0 up to but not including 1 are needed");
    positive("spec.training.optimizer.eps", optimizer.eps());
    between("spec.training.optimizer.weightDecay", optimizer.weightDecay(), 0, 1);
    problems.require(
        optimizer.momentum() >= 0 && optimizer.momentum() < 1,
        "spec.training.optimizer.momentum",
        number(optimizer.momentum()) + " is not in range; from 0 up to but not including 1");
  }

  private void stages(ProgressiveTrainingSpec spec) {
    problems.require(!spec.stages().isEmpty(), "spec.stages", "is missing or empty; at least one");
    problems.require(
        spec.stages().size() <= MAX_STAGES,
        "spec.stages",
        spec.stages().size() + " stages; at most " + MAX_STAGES);
    Set<String> names = new HashSet<>();
    int hidden = spec.model().hiddenSize();
    int inner = spec.model().innerSize();
    for (int i = 0; i < spec.stages().size(); i++) {
      String path = "spec.stages[" + i + "]";
      StageSpec stage = spec.stages().get(i);
      name(path + ".name", stage.name());
      problems.require(
          names.add(stage.name()),
          path + ".name",
          "'" + stage.name() + "' is the name of two stages");
      tokens(path + ".tokens", stage.tokens(), spec.training());
      if (stage.trainer() != null && stage.trainer().nodes() != null) {
        atLeast(path + ".trainer.nodes", stage.trainer().nodes(), 1);
      }
      ExpansionSpec expansion = stage.expansion();
      if (expansion == null) {
        problems.require(
            i == 0, path + ".expansion", "is missing; every stage but the first must widen");
        continue;
      }
      problems.require(
          i > 0 || spec.initialCheckpoint() != null,
          path + ".expansion",
          "is not allowed on the first stage, where nothing is trained yet; leave it out");
      expansion(path + ".expansion", expansion, i, hidden, inner);
      hidden = expansion.hiddenSize() == 0 ? hidden : expansion.hiddenSize();
      inner = expansion.innerSize() == 0 ? inner : expansion.innerSize();
    }
    parameters(spec);
    rewarmups(spec);
  }

  /**
   * Checks the number of parameters: sizes that are each valid can make a model that is too large.
   */
  private void parameters(ProgressiveTrainingSpec spec) {
    if (!problems.isEmpty()) {
      return; // a size may be wrong already
    }
    ModelSpec model = spec.model();
    for (int i = 0; i < spec.stages().size(); i++) {
      model = model.widened(spec.stages().get(i).expansion());
      long total;
      try {
        total = ParameterCount.of(model).total();
      } catch (ArithmeticException _) {
        total = Long.MAX_VALUE;
      }
      if (total > Limits.PARAMETERS) {
        problems.add(
            i == 0 ? "spec.model" : "spec.stages[" + i + "].expansion",
            "makes a model of "
                + (total == Long.MAX_VALUE ? "more than " + total : total)
                + " parameters; at most "
                + Limits.PARAMETERS);
        return;
      }
    }
  }

  private void expansion(String path, ExpansionSpec expansion, int stage, int hidden, int inner) {
    int newHidden = expansion.hiddenSize() == 0 ? hidden : expansion.hiddenSize();
    int newInner = expansion.innerSize() == 0 ? inner : expansion.innerSize();
    widens(path + ".hiddenSize", newHidden, stage, hidden);
    widens(path + ".innerSize", newInner, stage, inner);
    atMost(path + ".hiddenSize", newHidden, Limits.WIDTH);
    atMost(path + ".innerSize", newInner, Limits.WIDTH);
    problems.require(
        newHidden != hidden || newInner != inner,
        path,
        "widens nothing; a larger hiddenSize or innerSize is needed");
    ExpansionRules.check(expansion, field -> path + "." + field, problems);
  }

  private void widens(String path, int width, int stage, int before) {
    problems.require(
        width >= before,
        path,
        width
            + " is smaller than stage "
            + (stage - 1)
            + "'s "
            + before
            + "; a stage may only widen");
  }

  /** Checks that every re-warm-up ends before the run does (Eq. 27). */
  private void rewarmups(ProgressiveTrainingSpec spec) {
    long perStep = spec.training().tokensPerStep();
    if (perStep <= 0) {
      return;
    }
    long stepsLeft = 0;
    for (int i = spec.stages().size() - 1; i >= 0; i--) {
      StageSpec stage = spec.stages().get(i);
      stepsLeft += Math.round((double) stage.tokens() / perStep);
      if (stage.expansion() != null) {
        int steps = stage.expansion().rewarmup().steps();
        problems.require(
            steps < stepsLeft,
            "spec.stages[" + i + "].expansion.rewarmup.steps",
            steps + " with " + stepsLeft + " steps left in the run; fewer are needed");
      }
    }
  }

  private void tokens(String path, long tokens, TrainingSpec training) {
    atMost(path, tokens, Limits.TOKENS);
    if (tokens <= 0) {
      problems.add(path, tokens + " is missing or not positive; a token budget is needed");
    } else if (training.tokensPerStep() > 0) {
      problems.require(
          tokens >= training.tokensPerStep(),
          path,
          tokens + " is less than one step of " + training.tokensPerStep() + " tokens");
    }
  }

  private void name(String path, String value) {
    problems.require(
        NAME.matcher(value).matches(),
        path,
        value.isEmpty()
            ? "is missing; " + NAME_RULE
            : "'" + value + "' is not a name; " + NAME_RULE);
  }

  private void text(String path, String value, String what) {
    problems.require(!value.isBlank(), path, "is missing; it says " + what);
  }

  private void positive(String path, double value) {
    problems.require(
        value > 0 && Double.isFinite(value),
        path,
        number(value) + " is missing or not positive; a number above 0 is needed");
  }

  private void notNegative(String path, double value) {
    problems.require(
        value >= 0 && Double.isFinite(value),
        path,
        number(value) + " is negative or not a number; 0 or more is needed");
  }

  private void size(String path, int value, int most) {
    positive(path, value);
    atMost(path, value, most);
  }

  private void atMost(String path, long value, long most) {
    problems.require(value <= most, path, value + " is too large; at most " + most);
  }

  private void atLeast(String path, int value, int least) {
    problems.require(value >= least, path, value + " is too small; at least " + least);
  }

  private void between(String path, double value, double least, double most) {
    problems.require(
        value >= least && value <= most,
        path,
        number(value) + " is outside of " + number(least) + " to " + number(most));
  }

  private static String quoted(String value) {
    return value.isEmpty() ? "is missing" : "'" + value + "'";
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
