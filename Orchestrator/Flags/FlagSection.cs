using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of a run that belong together, and what must hold among their values.</summary>
internal abstract class FlagSection
{
    private readonly List<RunFlag> _flags = [];

    /// <summary>All of them, as the help lists them.</summary>
    public IReadOnlyList<RunFlag> Flags => _flags;

    /// <summary>What a run is told by default.</summary>
    protected static RunOptions Default { get; } = new();

    /// <summary>The options with what a command line says.</summary>
    /// <exception cref="UserErrorException">Values that do not go together.</exception>
    public virtual RunOptions Read(RunOptions options, ParseResult result) => _flags.Aggregate(options, (read, flag) => flag.Apply(read, result));

    /// <summary>Adds a flag to the section.</summary>
    protected T Add<T>(T flag)
        where T : RunFlag
    {
        _flags.Add(flag);
        return flag;
    }
}
