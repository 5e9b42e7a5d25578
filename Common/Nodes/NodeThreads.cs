using TorchSharp;
using TraversalLearning.Models;

namespace TraversalLearning.Nodes;

/// <summary>
/// <c>--threads auto</c> of a node's process, which learns only from a welcome what it will compute. It chooses once, with the first model that
/// comes, for all nodes and sessions of the process: threads of the pool that have computed already would keep the former number, and what a task
/// rounds to would depend on which of them runs it. Not thread-safe.
/// </summary>
/// <param name="options">Whether it is wanted, and where the nodes compute.</param>
/// <param name="log">Told of the choice.</param>
internal sealed class NodeThreads(NodeOptions options, NodeLog log)
{
    private bool _isOpen = options.AutoThreads && options.Device.type == DeviceType.CPU;

    /// <summary>Chooses, if that is still to be done and the model is not one that will be refused.</summary>
    public void ChooseFor(TrainingSetup setup)
    {
        var memory = new ModelMemory(setup, options.MaxModelBytes);
        if (!_isOpen || !memory.Fits(rows: 1))
        {
            return;
        }

        int rows = ThreadProbe.DefaultRows;
        while (!memory.Fits(rows))
        {
            rows /= 2;
        }

        log.ThreadsChosen(ThreadProbe.Choose(setup.Model, setup.ElementType, rows, Environment.ProcessorCount));
        _isOpen = false;
    }
}
