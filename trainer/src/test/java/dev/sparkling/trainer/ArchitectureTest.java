package dev.sparkling.trainer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** When this fails: move the code to the package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.trainer",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule onlyTorchTouchesTheEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("..trainer.torch..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("ai.djl.pytorch..", "ai.djl.engine.."));

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
      slices().matching("dev.sparkling.trainer.(*)..").should().beFreeOfCycles();
}
