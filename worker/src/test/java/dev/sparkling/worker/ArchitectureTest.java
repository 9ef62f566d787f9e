package dev.sparkling.worker;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** When this fails: move the code to the package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.worker",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.worker.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theExpandersImageHoldsNoTrainerAndNoKubernetes =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("dev.sparkling.trainer..", "ai.djl..", "io.fabric8.."));
}
