using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The flags of validation and of early stopping.</summary>
internal sealed class ValidationFlags
{
    private const double MostOfAll = 0.9;

    private readonly Flag<double> _fraction = Flag.Number(
        "--validation_fraction", "Share of each node's samples that it keeps out of training, to validate on after every epoch", 0, min: 0, max: MostOfAll);

    private readonly Flag<int> _patience = Flag.Int(
        "--early_stopping",
        "Epochs in a row without a better validation loss after which the run ends; without --validation_fraction the loss on the orchestrator's test set, if it has one; 0 for never",
        0,
        min: 0);

    private readonly Flag<double> _minDelta = Flag.Number("--min_delta", "By how much a loss must be below the best to be better, for --early_stopping", 0, min: 0);

    private readonly Flag<bool> _restoreBest = Flag.Choice(
        "--restore_best", "Whether --early_stopping ends with the model of the best epoch, instead of the last one's", ("on", true), ("off", false));

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options => [_fraction.Option, _patience.Option, _minDelta.Option, _restoreBest.Option];

    /// <summary>Reads and validates, in what a run has been told so far.</summary>
    /// <exception cref="UserErrorException">Flags that do not go together.</exception>
    public RunOptions Apply(RunOptions options, ParseResult result)
    {
        int patience = _patience.Get(result);
        Option? idle = patience > 0 ? null : new[] { _minDelta.Option, _restoreBest.Option }.FirstOrDefault(o => result.GetResult(o) is { Implicit: false });
        return idle is null
            ? options with
            {
                ValidationFraction = _fraction.Get(result),
                EarlyStopping = patience > 0 ? new EarlyStopping(patience, _minDelta.Get(result), _restoreBest.Get(result)) : null,
            }
            : throw new UserErrorException(ExitCode.Usage, $"{idle.Name} belongs to --early_stopping");
    }

    /// <summary>Refuses a network run whose nodes could not validate as one process does.</summary>
    /// <exception cref="UserErrorException">They could not; says what to do.</exception>
    public static void RequireOnNodes(RunOptions options)
    {
        if (options.ValidationFraction > 0 && ProblemOnNodes(options) is { } problem)
        {
            throw new UserErrorException(ExitCode.Usage, problem);
        }
    }

    /// <summary>Refuses a network run that is to be ended by a figure which nobody has.</summary>
    /// <exception cref="UserErrorException">There is neither a test set nor validation.</exception>
    public static void RequireFigures(RunOptions options)
    {
        string? flag = options.EarlyStopping is not null ? "--early_stopping" : options.Stop.FlagOfFigure;
        if (!options.HasTestSet && options.ValidationFraction == 0 && flag is not null)
        {
            string validation = ProblemOnNodes(options) is null ? ", or --validation_fraction" : string.Empty;
            throw new UserErrorException(
                ExitCode.Usage, $"{flag} goes by how good the model is, and with --dataset none nobody knows; give a --dataset with a test set{validation}");
        }
    }

    private static string? ProblemOnNodes(RunOptions options)
    {
        const string Instead = "leave --validation_fraction out, and give the orchestrator samples of its own to validate on as its test set";
        return options.Algorithm != Algorithm.Traversal ? $"--validation_fraction belongs to --algorithm tl and centralized; with {options.Algorithm} {Instead}"
            : options.AnyExchange || !options.Exchange.Kind().NodesHaveModel
                ? $"with --exchange relay nodes have a part of the model only, and cannot validate it; use two_phase or one_phase, or {Instead}"
                : options.Model.Layers.FirstOrDefault(l => l.Coupling == LayerCoupling.Rows) is { } layer
                    ? $"layer '{layer.Name}' has statistics that nodes do not get, so that they cannot validate the model; {Instead}"
                    : null;
    }
}
