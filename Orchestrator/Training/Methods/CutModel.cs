using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// The setup of methods that train the two halves of a model separately: nodes hold the layers up to the cut, the
/// orchestrator the rest.
/// </summary>
internal static class CutModel
{
    /// <summary>Limits the nodes to <c>f_N</c> and θ_N, as with a relay.</summary>
    /// <exception cref="UserErrorException">A flag applies only to traversal learning, or no layer behind the cut has
    /// parameters.</exception>
    public static RunOptions Between(RunOptions options)
    {
        if (options.AnyCut || options.AnyExchange)
        {
            throw new UserErrorException(
                ExitCode.Usage, $"--cut auto and --exchange auto belong to --algorithm tl: {options.Algorithm} has one exchange, and its result depends on the cut");
        }

        return options.Model.ParametersBefore(options.Cut) < options.Model.ParameterCount
            ? options with { Exchange = Exchange.Relay }
            : throw new UserErrorException(
                ExitCode.Usage,
                $"--cut {options.Model.Layers[options.Cut - 1].Name}: with {options.Algorithm} the orchestrator trains the layers behind it, and they have no parameters; cut earlier");
    }
}
