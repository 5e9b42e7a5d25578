using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of validation and early stopping.</summary>
internal sealed class ValidationFlags : FlagSection
{
    private const double MostOfAll = 0.9;

    private readonly RunFlag<int> _patience;
    private readonly RunFlag<double> _minDelta;
    private readonly RunFlag<bool> _restoreBest;

    public ValidationFlags()
    {
        Add(new RunFlag<double>(
            Flag.Number(
                "--validation_fraction",
                "share of each node's samples that is kept for [validation](evaluation.md#validation-and-early-stopping)",
                Default.ValidationFraction,
                min: 0,
                max: MostOfAll),
            o => o.ValidationFraction,
            (o, v) => o with { ValidationFraction = v })
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Result,
            IsOmittedAtDefault = true,
        });
        _patience = Add(new RunFlag<int>(
            Flag.Int(
                "--early_stopping",
                "epochs in a row without a better loss, in validation or else on the test set, after which the run ends; 0 for never",
                0,
                min: 0),
            o => o.EarlyStopping?.Patience ?? 0)
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Result,
            AppliesTo = o => o.EarlyStopping is not null,
        });
        _minDelta = Add(new RunFlag<double>(
            Flag.Number("--min_delta", "by how much a loss must be below the best to count as better, for `--early_stopping`", 0, min: 0),
            o => o.EarlyStopping?.MinDelta ?? 0)
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Result,
            AppliesTo = o => o.EarlyStopping is not null,
        });
        _restoreBest = Add(new RunFlag<bool>(
            Flag.Choice("--restore_best", "whether `--early_stopping` ends with the best epoch's model instead of the last one's", ("on", true), ("off", false)),
            o => o.EarlyStopping?.RestoreBest ?? true)
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Result,
            AppliesTo = o => o.EarlyStopping is not null,
        });
    }

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        int patience = _patience.Get(result);
        string? idle = patience > 0 ? null : _minDelta.IsGiven(result) ? _minDelta.Name : _restoreBest.IsGiven(result) ? _restoreBest.Name : null;
        return idle is null
            ? base.Read(options, result) with
            {
                EarlyStopping = patience > 0 ? new EarlyStopping(patience, _minDelta.Get(result), _restoreBest.Get(result)) : null,
            }
            : throw new UserErrorException(ExitCode.Usage, $"{idle} belongs to --early_stopping");
    }

    /// <summary>Refuses a networked run whose nodes could not validate the same way as a single process.</summary>
    /// <exception cref="UserErrorException">The run is refused; the message gives a remedy.</exception>
    public static void RequireOnNodes(RunOptions options)
    {
        if (options.ValidationFraction > 0 && ProblemOnNodes(options) is { } problem)
        {
            throw new UserErrorException(ExitCode.Usage, problem);
        }
    }

    /// <summary>Refuses a networked run with a stop rule whose figure is never measured.</summary>
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
