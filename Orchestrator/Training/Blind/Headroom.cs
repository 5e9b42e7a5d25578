using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>
/// Headroom of the attempts at one step: it grows for each parameter tensor in which a node had a value that did not fit, and for
/// no other, whose sums would lose digits.
/// </summary>
/// <param name="tensors">Number of parameter tensors.</param>
internal sealed class Headroom(int tensors)
{
    private const int Step = 4;

    private readonly Lock _lock = new();
    private readonly int[] _bits = new int[tensors];
    private readonly HashSet<int> _unfit = [];

    /// <summary>Bits of each tensor; empty while there are none.</summary>
    public int[] Bits => _bits.Any(b => b > 0) ? [.. _bits] : [];

    /// <summary>Notes what a node refused.</summary>
    /// <exception cref="UserErrorException">It names no tensor of the model.</exception>
    public void Refused(TaskFailedException refusal)
    {
        if (refusal.Unfit.Length == 0 || refusal.Unfit.Any(t => t >= tensors))
        {
            throw new UserErrorException(
                ExitCode.TrainingFailed, $"node {refusal.NodeId} says that a value does not fit, and names no tensor of the model: it does not run the same version");
        }

        lock (_lock)
        {
            _unfit.UnionWith(refusal.Unfit);
        }
    }

    /// <summary>Grows where a value did not fit.</summary>
    /// <returns>Whether there is still a scale to try.</returns>
    public bool Grow()
    {
        foreach (int tensor in _unfit)
        {
            _bits[tensor] += _bits[tensor] < AppliedSum.FineHeadroom ? Step : _bits[tensor];
        }

        _unfit.Clear();
        return _bits.All(b => b <= AppliedSum.MaxHeadroom);
    }
}
