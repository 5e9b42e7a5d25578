using TraversalLearning.Data;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Models;

/// <summary>From what goes wrong to how the program ends. The same exception may be a wrong flag or damaged data: what was being done decides.</summary>
public static class ErrorTable
{
    /// <summary>Reading what a flag says of a model.</summary>
    public static ErrorRow ReadingFlags { get; } = new(ExitCode.Usage, static e => e is ModelException);

    /// <summary>Finding and reading samples, and dealing them out.</summary>
    public static ErrorRow ReadingData { get; } = new(ExitCode.Data, static e => e is DataException or IOException or UnauthorizedAccessException);

    /// <summary>Reading a model's file, or what is like one.</summary>
    public static ErrorRow ReadingModel { get; } = new(ExitCode.Data, static e => e is SafetensorsException);

    /// <summary>Reading what the run itself has written.</summary>
    public static ErrorRow RestoringModel { get; } = new(ExitCode.TrainingFailed, static e => e is SafetensorsException);

    /// <summary>Fitting data, weights or descriptions to a model.</summary>
    public static ErrorRow FittingModel { get; } = new(ExitCode.Data, static e => e is ModelException);

    /// <summary>Writing results.</summary>
    public static ErrorRow Writing { get; } = new(ExitCode.TrainingFailed, static e => e is IOException or UnauthorizedAccessException);
}
