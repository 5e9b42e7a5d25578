using System.Diagnostics;
using System.Runtime.InteropServices;
using TraversalLearning.Models.Parameters;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>
/// The work of a step: what the hub and all nodes compute, one after the other in one thread. What goes from one to the other is copied in
/// memory, and that is not counted.
/// </summary>
internal sealed class StepWork : IDisposable
{
    private readonly BareWorkload _workload;
    private readonly BareHub _hub;
    private readonly BareNode[] _nodes;
    private readonly Stopwatch _computing = new();
    private int _steps;

    public StepWork(BareWorkload workload)
    {
        _workload = workload;
        _hub = new BareHub(workload);
        _nodes = [.. Enumerable.Range(0, workload.Nodes).Select(node => new BareNode(workload, node))];
    }

    /// <summary>What is trained.</summary>
    public FlatParameters Parameters => _hub.Parameters;

    /// <summary>Milliseconds a step.</summary>
    /// <param name="workload">What is computed.</param>
    /// <param name="duration">For how long it is measured.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static double MillisecondsPerStep(BareWorkload workload, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var work = new StepWork(workload);
        return 1e3 * Throughput.SecondsOf(duration, work.Step, cancellationToken);
    }

    /// <summary>One step.</summary>
    /// <returns>How long was computed.</returns>
    public TimeSpan Step()
    {
        _computing.Reset();
        for (int i = 0; i < _nodes.Length; i++)
        {
            BareNode node = _nodes[i];
            MemoryMarshal.AsBytes(_workload.Plan(i, _steps).AsSpan()).CopyTo(node.Indices);
            _hub.NodeParameters.CopyTo(node.LandParameters());
            Compute(node.Forward);
            node.Activations.CopyTo(_hub.Activations(i).Span);
        }

        Compute(_hub.CentralForward);
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (_workload.Relays)
            {
                _hub.Logits(i).Span.CopyTo(_nodes[i].Logits);
                Compute(_nodes[i].Loss);
            }

            _nodes[i].LogitGradients.CopyTo(_hub.LogitGradients(i).Span);
        }

        Compute(_hub.CentralBackward);
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (_workload.Setup.SendsActivationGradients)
            {
                _hub.ActivationGradients(i).Span.CopyTo(_nodes[i].ActivationGradients);
            }

            Compute(_nodes[i].Backward);
            TakeGradient(i);
        }

        Compute(_hub.Update);
        _steps++;
        return _computing.Elapsed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BareNode node in _nodes)
        {
            node.Dispose();
        }

        _hub.Dispose();
    }

    private void TakeGradient(int node)
    {
        _nodes[node].Gradient.CopyTo(_hub.Gradient(node).Span);
        _nodes[node].Release();
        Compute(() => _hub.AddGradient(node));
    }

    private void Compute(Action part)
    {
        _computing.Start();
        part();
        _computing.Stop();
    }
}
