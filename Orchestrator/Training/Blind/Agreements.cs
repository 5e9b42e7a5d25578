using TraversalLearning.Hosting;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>What nodes say of their models, which is to be the same.</summary>
internal sealed class Agreements
{
    private readonly SortedDictionary<int, string> _said = [];
    private readonly Lock _lock = new();

    /// <summary>Notes what a node says. Thread-safe.</summary>
    public void Add(int node, string agreement)
    {
        lock (_lock)
        {
            _said[node] = agreement;
        }
    }

    /// <summary>Requires that all say the same.</summary>
    /// <exception cref="UserErrorException">The nodes disagree.</exception>
    public void Require(StepId step)
    {
        if (_said.Values.Distinct(StringComparer.Ordinal).Count() <= 1)
        {
            return;
        }

        string most = _said.Values.GroupBy(a => a, StringComparer.Ordinal).OrderByDescending(g => g.Count()).First().Key;
        throw new UserErrorException(
            ExitCode.TrainingFailed,
            $"the nodes disagree on the model after {step}: node {string.Join(", ", _said.Where(s => s.Value != most).Select(s => s.Key))} has another one than the rest;"
            + " give all nodes the same version, --threads and kind of processor");
    }
}
