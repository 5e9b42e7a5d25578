using System.Globalization;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Prepares table rows before a run starts. Runs with other data need no preparation and ask no nodes.
/// </summary>
internal static class RunPreparation
{
    /// <summary>
    /// Takes the preparation from the checkpoint that the run resumes from; otherwise builds it from the nodes'
    /// statistics or the pooled table, and writes it to the run folder.
    /// </summary>
    /// <exception cref="UserErrorException">No preparation can be built, or the model does not fit.</exception>
    public static async Task<RunContext> PrepareAsync(
        RunContext context, RunRequest request, OrchestratorLog log, CancellationToken cancellationToken)
    {
        RequireSizes(context);
        if (context.Options.Algorithm != Algorithm.Centralized && (context.IsPrepared || context.Options.AnyCut || context.Options.AnyExchange))
        {
            // Checked early: nodes connect for the preparation or for trials before the run itself reads the test set.
            context.RequireTest();
        }

        if (request.Resumed is { } resumed && (context.IsPrepared || context.Files is null))
        {
            // Without a data set here, the checkpoint tells whether the run uses tables.
            return Of(resumed, isNeeded: context.IsPrepared) is { } before ? context.With(before) : context;
        }

        if (!context.IsPrepared)
        {
            return context;
        }

        RunContext prepared = context.Options.Algorithm == Algorithm.Centralized
            ? TablePreparation.OfPooled(context, log)
            : await TablePreparation.OfNodesAsync(context, log, cancellationToken, endpoint => request.Nodes?.Start(endpoint));
        Preparation preparation = prepared.Setup.Preparation!;
        request.Folder.WriteDescription(prepared.Options.Model);
        request.Folder.WritePreparation(preparation);
        log.Prepared(Describe(preparation));
        return prepared;
    }

    /// <summary>For <c>verify</c>: prepares the pooled data if it is a table.</summary>
    /// <exception cref="UserErrorException">The table cannot be read, or the model does not fit.</exception>
    public static RunContext OfPooled(RunContext context, OrchestratorLog log)
    {
        RequireSizes(context);
        return context.IsPrepared ? TablePreparation.OfPooled(context, log) : context;
    }

    private static void RequireSizes(RunContext context)
    {
        if (context.Options.SizedByData && context.Files is { IsTable: false })
        {
            throw new UserErrorException(
                ExitCode.Usage,
                $"--model {ModelPresets.SizedByData} takes its sizes from tables, and '{context.Options.Dataset}' is none; say them: --model {ModelPresets.SizedByData}:FEATURES,CLASSES");
        }
    }

    private static Preparation? Of(Checkpoint checkpoint, bool isNeeded)
    {
        string path = Path.Combine(checkpoint.Path, ModelFile.FileName);
        Preparation? preparation = ErrorTable.ReadingModel.Guard(() => ModelFile.ReadHeader(path), e => $"the checkpoint does not fit the run: {e.Message}").Preparation;
        return preparation is not null || !isNeeded
            ? preparation
            : throw new UserErrorException(ExitCode.Data, $"the checkpoint does not fit the run: '{path}' was not trained with tables; take the data set that it was trained with");
    }

    private static string Describe(Preparation preparation)
    {
        const int Shown = 10;
        string columns = preparation.Image is { } image ? $"images of {image}" : $"{preparation.Columns.Length} columns make {preparation.FeatureCount} features";
        if (preparation.Target is { } target)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{columns}; '{preparation.Label}' is predicted: {target.Mean:G5} ± {target.Std:G5}");
        }

        // Nodes may keep the counts to themselves.
        long rows = preparation.Classes.Sum(c => c.Count);
        IEnumerable<string> classes = preparation.Classes.Take(Shown).Select(c => rows > 0 ? $"{c.Name} ({c.Count})" : c.Name);
        return $"{columns}; {(rows > 0 ? $"{rows} rows of " : string.Empty)}{preparation.Classes.Length} classes:"
            + $" {string.Join(", ", classes)}{(preparation.Classes.Length > Shown ? ", …" : string.Empty)}";
    }
}
