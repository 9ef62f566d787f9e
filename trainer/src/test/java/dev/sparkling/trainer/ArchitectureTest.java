package dev.sparkling.trainer;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;

/** If a rule fails, move the code to a package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.trainer",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final int MAX_CLASSES = 25;

  @ArchTest
  static final ArchRule onlyTorchUsesTheEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("..trainer.torch..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("ai.djl.pytorch..", "ai.djl.engine.."));

  /**
   * Others pass arrays on, which belong to a manager, and call functions by their typed methods.
   */
  @ArchTest
  static final ArchRule onlyTorchAndModelUseMoreOfDjlThanArraysAndManagers =
      noClasses()
          .that()
          .resideOutsideOfPackages("..trainer.torch..", "..trainer.model..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("ai.djl..")
                  .and(not(resideInAPackage("ai.djl.huggingface..")))
                  .and(not(type(NDArray.class)))
                  .and(not(type(NDManager.class))));

  @ArchTest
  static final ArchRule layoutKnowsNoValues =
      noClasses()
          .that()
          .resideInAPackage("..model.layout..")
          .should()
          .dependOnClassesThat(resideInAPackage("ai.djl.."));

  @ArchTest
  static final ArchRule scheduleIsArithmetic =
      noClasses()
          .that()
          .resideInAPackage("..schedule..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("ai.djl..", "java.io..", "java.nio..", "java.time.."));

  @ArchTest
  static final ArchRule onlyFilesKnowArrow =
      noClasses()
          .that()
          .resideOutsideOfPackages("..trainer.data..", "..trainer.metrics..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("org.apache.arrow.."));

  @ArchTest
  static final ArchRule onlyDataKnowsTokenizers =
      noClasses()
          .that()
          .resideOutsideOfPackage("..trainer.data..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("ai.djl.huggingface.."));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.trainer.(**)").should().beFreeOfCycles();

  @ArchTest
  static void packagesHaveAtMost25Classes(JavaClasses classes) {
    Map<String, Long> counts =
        classes.stream()
            .filter(JavaClass::isTopLevelClass)
            .collect(groupingBy(JavaClass::getPackageName, counting()));
    assertThat(counts)
        .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_CLASSES));
  }
}
