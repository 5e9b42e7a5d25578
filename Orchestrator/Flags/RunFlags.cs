using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// All flags of a run, each declared in its section. <c>centralized</c>, <c>verify</c>, <c>compare</c> and
/// <c>partition</c> accept the flags relevant to them.
/// </summary>
internal sealed class RunFlags
{
    /// <summary>The value that leaves a choice to the run.</summary>
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
            new BlindFlags(),
            _network,
        ];
        All = [.. _sections.Append(_method).SelectMany(s => s.Flags)];
    }

    /// <summary>A shared instance for queries without a command line.</summary>
    public static RunFlags Known { get; } = new();

    /// <summary>All flags except those for observation.</summary>
    public IReadOnlyList<RunFlag> All { get; }

    /// <summary>The run to continue.</summary>
    public RunFlag<string?> Resume => _folder.Resume;

    /// <summary>The run folder.</summary>
    public RunFlag<string?> Output => _folder.Output;

    /// <summary>Whether the log includes debug messages.</summary>
    public RunFlag<bool> Verbose => _folder.Verbose;

    /// <summary>Flags for observing a run in progress.</summary>
    public ObservationFlags Observation { get; } = new();

    /// <summary>Flags for the listening address and authentication, which apply to external nodes only.</summary>
    public IReadOnlyList<Option> ListeningOptions => _network.Listening;

    /// <summary>Adds the flags that a command accepts.</summary>
    public void AddTo(Command command, FlagUse use)
    {
        foreach (RunFlag flag in All.Where(f => f.Uses.HasFlag(use)))
        {
            command.Options.Add(flag.Option);
        }
    }

    /// <summary>Whether an algorithm accepts a flag; flags of other methods must not be on its command line.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="flag">The flag's first name.</param>
    /// <param name="given">All given flags, including this one.</param>
    public bool Takes(Algorithm algorithm, string flag, IReadOnlyCollection<string> given) => _method.Takes(algorithm, flag, given);

    /// <summary>
    /// Reads a run with <see cref="ReadNetworked"/> or <see cref="ReadCentralized"/>, depending on the algorithm.
    /// </summary>
    /// <exception cref="UserErrorException">Values incompatible with each other or with the method.</exception>
    public RunOptions ReadRun(ParseResult result) =>
        _method.Algorithm.Get(result) == Algorithm.Centralized ? ReadCentralized(result) : ReadNetworked(result);

    /// <summary>Like <see cref="Read"/>, for centralized training.</summary>
    /// <exception cref="UserErrorException">Incompatible values.</exception>
    public RunOptions ReadCentralized(ParseResult result)
    {
        RunOptions options = Read(result) with { Algorithm = Algorithm.Centralized };
        NeededDataset.Require(options.Dataset, "centralized");
        return options;
    }

    /// <summary>Like <see cref="Read"/>, adapted by the networked method.</summary>
    /// <exception cref="UserErrorException">Values incompatible with each other or with the method.</exception>
    public RunOptions ReadNetworked(ParseResult result)
    {
        RunOptions read = Read(result);
        BlindFlags.RequireTraversal(read, _method.Algorithm.Get(result));
        RunOptions options = _method.Apply(read, result);
        BlindFlags.Require(options);
        ValidationFlags.RequireOnNodes(options);
        ValidationFlags.RequireFigures(options);
        return options;
    }

    /// <summary>Reads and validates the options; flags that the command does not accept keep their defaults.</summary>
    /// <exception cref="UserErrorException">Incompatible values.</exception>
    public RunOptions Read(ParseResult result) => _sections.Aggregate(new RunOptions(), (options, section) => section.Read(options, result));
}
