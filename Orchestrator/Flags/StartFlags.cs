using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The flags of the weights that a model starts from.</summary>
internal sealed class StartFlags
{
    private readonly Flag<string?> _init = Flag.OptionalText(
        StartingWeights.Flag, "Weights to start from, a safetensors file with the model's names and shapes, such as a run's model.safetensors [default: random ones, by --seed]");

    private readonly Flag<bool> _partial = Flag.Switch(StartingWeights.PartialFlag, $"Take what fits of {StartingWeights.Flag}; the rest stays random");

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options => [_init.Option, _partial.Option];

    /// <summary>Reads and validates.</summary>
    /// <param name="result">What was given.</param>
    /// <param name="resumes">Whether the run goes on from a checkpoint, so that the weights need not be there any more.</param>
    /// <exception cref="UserErrorException">The file cannot be read.</exception>
    public StartingWeights? Read(ParseResult result, bool resumes)
    {
        bool partial = _partial.Get(result);
        if (_init.Get(result) is not { } file)
        {
            return partial ? throw new UserErrorException(ExitCode.Usage, $"{StartingWeights.PartialFlag} belongs to {StartingWeights.Flag} FILE") : null;
        }

        var weights = StartingWeights.Of(file, partial);
        return weights.Path is not null || resumes
            ? weights
            : throw new UserErrorException(ExitCode.Usage, $"{StartingWeights.Flag} takes a file; '{file}' is what a checkpoint says of one");
    }
}
