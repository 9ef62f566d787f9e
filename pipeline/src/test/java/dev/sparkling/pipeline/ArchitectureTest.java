package dev.sparkling.pipeline;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** When this fails: move the code to the module or package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.pipeline",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule pipelineDoesNoInputOrOutputAndReadsNoClock =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "java.nio.file..",
                  "java.net..",
                  "java.time..",
                  "org.slf4j..",
                  "java.util.logging.."));

  @ArchTest
  static final ArchRule planAndStageKnowNoJsonLibrary =
      noClasses()
          .that()
          .resideInAnyPackage("..plan..", "..stage..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("com.fasterxml..", "java.io.."));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.pipeline.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packagesOfTheSpecHaveNoCycles =
      slices().matching("dev.sparkling.pipeline.(**)").should().beFreeOfCycles();
}
