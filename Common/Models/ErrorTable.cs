using TraversalLearning.Data;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Models;

/// <summary>Maps exceptions to exit codes. The same exception may mean a wrong flag or damaged data, depending on the operation.</summary>
public static class ErrorTable
{
    /// <summary>Reading a flag that describes a model.</summary>
    public static ErrorRow ReadingFlags { get; } = new(ExitCode.Usage, static e => e is ModelException);

    /// <summary>Finding, reading and partitioning samples.</summary>
    public static ErrorRow ReadingData { get; } = new(ExitCode.Data, static e => e is DataException or TableException or IOException or UnauthorizedAccessException);

    /// <summary>Reading a model file or a checkpoint.</summary>
    public static ErrorRow ReadingModel { get; } = new(ExitCode.Data, static e => e is SafetensorsException);

    /// <summary>Reading a file that the run itself wrote.</summary>
    public static ErrorRow RestoringModel { get; } = new(ExitCode.TrainingFailed, static e => e is SafetensorsException);

    /// <summary>Fitting data, weights or descriptions to a model.</summary>
    public static ErrorRow FittingModel { get; } = new(ExitCode.Data, static e => e is ModelException);

    /// <summary>Writing results.</summary>
    public static ErrorRow Writing { get; } = new(ExitCode.TrainingFailed, static e => e is IOException or UnauthorizedAccessException);
}
