using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// Checks the data set of commands that read samples here: <c>--dataset none</c> leaves the samples to nodes.
/// </summary>
internal static class NeededDataset
{
    /// <summary>Refuses <c>--dataset none</c>.</summary>
    /// <param name="dataset">The value of <c>--dataset</c>.</param>
    /// <param name="command">The command that needs a data set.</param>
    /// <exception cref="UserErrorException">The value is <c>none</c>.</exception>
    public static void Require(string dataset, string command)
    {
        if (string.Equals(dataset, RunOptions.NoDataset, StringComparison.Ordinal))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"{command} reads samples here: --dataset {RunOptions.NoDataset} is for runs over the network; name a data set or its directory");
        }
    }
}
