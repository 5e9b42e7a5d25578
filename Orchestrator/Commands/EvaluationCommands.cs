using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Scoring;

namespace TraversalLearning.Orchestration.Commands;

/// <summary>
/// <c>predict</c> and <c>evaluate</c>: a trained model's predictions for a data set, and their metrics.
/// </summary>
internal static class EvaluationCommands
{
    /// <summary>Writes predictions as CSV to a file or to standard output. Labels are not needed.</summary>
    public static async Task<int> PredictAsync(EvaluationFlags flags, ParseResult arguments, CancellationToken cancellationToken)
    {
        if (flags.Output.Get(arguments) is not { } path)
        {
            Prediction printed = await ScoreAsync(flags, arguments, labels: false, cancellationToken);
            PredictionFile.WriteToStandardOutput(printed);
            return (int)ExitCode.Success;
        }

        // Created first, so that an unwritable path fails before the computation.
        using var file = OutputFile.Create(path);
        Prediction prediction = await ScoreAsync(flags, arguments, labels: false, cancellationToken);
        file.Write(stream => PredictionFile.Write(stream, prediction));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"predictions: {path} ({prediction.Scores.Count} rows)"));
        return (int)ExitCode.Success;
    }

    /// <summary>Prints the metrics on one line.</summary>
    public static async Task<int> EvaluateAsync(EvaluationFlags flags, ParseResult arguments, CancellationToken cancellationToken)
    {
        Scores scores = (await ScoreAsync(flags, arguments, labels: true, cancellationToken)).Scores;
        Evaluation evaluation = scores.Evaluate();
        string ofClasses = evaluation.Rmse is null ? $" macro_f1={Evaluation.Text(evaluation.MacroF1)} auc={Evaluation.Text(evaluation.Auc)}" : string.Empty;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"evaluate: loss={evaluation.Loss:0.0000} {evaluation.Headline}{ofClasses} rows={scores.Count}"));
        return (int)ExitCode.Success;
    }

    private static async Task<Prediction> ScoreAsync(EvaluationFlags flags, ParseResult arguments, bool labels, CancellationToken cancellationToken)
    {
        NeededDataset.Require(flags.Dataset.Get(arguments), arguments.CommandResult.Command.Name);
        Logging.Configure(file: null, verbose: false, Console.Error.WriteLine, LogLevel.Warning);
        var device = ComputeDevice.Select(flags.Compute, arguments);
        using var model = TrainedModel.Load(flags.ModelDirectory.Get(arguments), device);
        string dataset = flags.Dataset.Get(arguments);
        DatasetFiles files = await RunContext.LocateAsync(dataset, new Progress<string>(Console.Error.WriteLine), cancellationToken, labels);
        DataSplit split = flags.Split.Get(arguments);
        SampleSet samples = ErrorTable.ReadingData.Guard<SampleSet>(split == DataSplit.Train ? files.ReadTrain : files.ReadTest);
        return samples.Count > 0
            ? new Prediction(
                model.Score(
                    samples,
                    dataset,
                    flags.BatchSize.Get(arguments),
                    flags.AllowAnyRange.Get(arguments),
                    static warning => Console.Error.WriteLine($"warning: {warning}"),
                    cancellationToken),
                model.ClassNames)
            : throw new UserErrorException(ExitCode.Data, $"'{dataset}' has no {split.ToString().ToLowerInvariant()} samples; try the other --split");
    }
}
