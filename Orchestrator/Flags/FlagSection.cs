using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>A group of related flags, and the constraints among their values.</summary>
internal abstract class FlagSection
{
    private readonly List<RunFlag> _flags = [];

    /// <summary>All flags, in the order of the help.</summary>
    public IReadOnlyList<RunFlag> Flags => _flags;

    /// <summary>The default options.</summary>
    protected static RunOptions Default { get; } = new();

    /// <summary>Applies a command line to the options.</summary>
    /// <exception cref="UserErrorException">Incompatible values.</exception>
    public virtual RunOptions Read(RunOptions options, ParseResult result) => _flags.Aggregate(options, (read, flag) => flag.Apply(read, result));

    /// <summary>Adds a flag to the section.</summary>
    protected T Add<T>(T flag)
        where T : RunFlag
    {
        _flags.Add(flag);
        return flag;
    }
}
