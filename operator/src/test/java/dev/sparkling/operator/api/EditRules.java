package dev.sparkling.operator.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sparkling.pipeline.identity.RunSettings;
import java.util.stream.Stream;

/**
 * CEL rules of the CustomResourceDefinition against edits of what a run has used already. They
 * stand at the root of the schema, because only the status says what was used. Fields of {@code
 * spec.training} come from the run's identity, one rule each: a field that is added to the identity
 * has its rule at the next generation. The rules compare with {@code has}: the API server cannot
 * estimate what comparing CEL's optional values costs, and refuses such a definition.
 */
final class EditRules {

  private static final String UNUSED =
      "!has(oldSelf.status) || !has(oldSelf.status.stages) ||"
          + " oldSelf.status.stages.all(s, s.state == 'Pending')";

  private static final String USED_STAGE_STAYS =
      "!has(oldSelf.status) || !has(oldSelf.status.stages) || [0, 1, 2, 3, 4, 5, 6, 7].all(i,"
          + " i >= size(oldSelf.status.stages) || oldSelf.status.stages[i].state == 'Pending' ||"
          + " (i < size(self.spec.stages) && i < size(oldSelf.spec.stages) &&"
          + " self.spec.stages[i].name == oldSelf.spec.stages[i].name &&"
          + " self.spec.stages[i].tokens == oldSelf.spec.stages[i].tokens &&"
          + " "
          + unchanged("spec.stages[i].expansion")
          + "))";

  private static final String TOKENS_STAY =
      UNUSED
          + " || self.spec.stages.map(s, s.tokens).sum() =="
          + " oldSelf.spec.stages.map(s, s.tokens).sum()";

  private final ArrayNode rules;

  private EditRules(ArrayNode rules) {
    this.rules = rules;
  }

  /** Adds the rules to those of the resource. */
  static void addTo(ArrayNode rules) {
    EditRules edits = new EditRules(rules);
    edits.add(
        USED_STAGE_STAYS,
        "spec.stages: a stage that has started cannot be edited or removed, except for its trainer;"
            + " edit a later stage, or create another run");
    edits.add(
        TOKENS_STAY,
        "spec.stages: their total tokens cannot be edited once a stage has started, because every"
            + " learning rate was computed from them; create another run");
    Stream.concat(
            Stream.of("spec.model", "spec.data", "spec.storage.uri"),
            RunSettings.trainingFields().stream().map(field -> "spec.training." + field))
        .forEach(
            path ->
                edits.add(
                    UNUSED + " || " + unchanged(path),
                    path + ": cannot be edited once a stage has started; create another run"));
  }

  private static String unchanged(String path) {
    return "(has(self.%1$s) ? has(oldSelf.%1$s) && self.%1$s == oldSelf.%1$s : !has(oldSelf.%1$s))"
        .formatted(path);
  }

  private void add(String expression, String message) {
    rules.addObject().put("message", message).put("rule", expression);
  }
}
