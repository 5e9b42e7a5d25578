using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>All flags of a run, each declared in its section. <c>centralized</c>, <c>verify</c>, <c>compare</c> and <c>partition</c> take those that concern them.</summary>
internal sealed class RunFlags
{
    /// <summary>The value of a flag that leaves the choice to the run.</summary>
    public const string Auto = "auto";

    private readonly FolderFlags _folder = new();
    private readonly NetworkFlags _network = new();
    private readonly MethodFlags _method = new();
    private readonly FlagSection[] _sections;

    public RunFlags()
    {
        _sections =
        [
            new SizeFlags(),
            new ModelFlags(result => Resume.Get(result) is not null),
            new OptimizerFlags(),
            new LossFlags(),
            new DataFlags(),
            new MachineFlags(),
            new ValidationFlags(),
            new StopFlags(),
            _folder,
            new VisitFlags(),
            _network,
        ];
        All = [.. _sections.Append(_method).SelectMany(s => s.Flags)];
    }

    /// <summary>What is known of flags without a command line.</summary>
    public static RunFlags Known { get; } = new();

    /// <summary>All of them but those by which a run is observed.</summary>
    public IReadOnlyList<RunFlag> All { get; }

    /// <summary>The run to continue.</summary>
    public RunFlag<string?> Resume => _folder.Resume;

    /// <summary>The run folder.</summary>
    public RunFlag<string?> Output => _folder.Output;

    /// <summary>Whether the log has debug events.</summary>
    public RunFlag<bool> Verbose => _folder.Verbose;

    /// <summary>How a run is looked at while it goes on.</summary>
    public ObservationFlags Observation { get; } = new();

    /// <summary>Where a run listens and whom it lets in: for nodes that are not its own.</summary>
    public IReadOnlyList<Option> ListeningOptions => _network.Listening;

    /// <summary>Adds those that a command takes.</summary>
    public void AddTo(Command command, FlagUse use)
    {
        foreach (RunFlag flag in All.Where(f => f.Uses.HasFlag(use)))
        {
            command.Options.Add(flag.Option);
        }
    }

    /// <summary>Whether an algorithm takes a flag: those of other methods do not belong into its command line.</summary>
    /// <param name="algorithm">Which.</param>
    /// <param name="flag">The flag's first name.</param>
    /// <param name="given">All flags that there are, it among them.</param>
    public bool Takes(Algorithm algorithm, string flag, IReadOnlyCollection<string> given) => _method.Takes(algorithm, flag, given);

    /// <summary>As <see cref="ReadNetworked"/>, or <see cref="ReadCentralized"/> where the flags name that.</summary>
    /// <exception cref="UserErrorException">Values that do not go together, or with the method.</exception>
    public RunOptions ReadRun(ParseResult result) =>
        _method.Algorithm.Get(result) == Algorithm.Centralized ? ReadCentralized(result) : ReadNetworked(result);

    /// <summary>As <see cref="Read"/>, for centralized training.</summary>
    /// <exception cref="UserErrorException">Values that do not go together.</exception>
    public RunOptions ReadCentralized(ParseResult result)
    {
        RunOptions options = Read(result) with { Algorithm = Algorithm.Centralized };
        NeededDataset.Require(options.Dataset, "centralized");
        return options;
    }

    /// <summary>As <see cref="Read"/>, with what the method over the network makes of it.</summary>
    /// <exception cref="UserErrorException">Values that do not go together, or with the method.</exception>
    public RunOptions ReadNetworked(ParseResult result)
    {
        RunOptions options = _method.Apply(Read(result), result);
        ValidationFlags.RequireOnNodes(options);
        ValidationFlags.RequireFigures(options);
        return options;
    }

    /// <summary>Reads and validates; flags that the command does not have keep their defaults.</summary>
    /// <exception cref="UserErrorException">Values that do not go together.</exception>
    public RunOptions Read(ParseResult result) => _sections.Aggregate(new RunOptions(), (options, section) => section.Read(options, result));
}
