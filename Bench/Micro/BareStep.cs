using System.Net.Sockets;
using System.Runtime.InteropServices;
using TraversalLearning.Models.Parameters;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>
/// A whole step with nothing of the product's transport: the same computation and the same bytes in one process, a hub and a thread for each
/// node, over bare blocking sockets, without frames, metadata, checksums or tasks. It trains. What this takes is not the product's transport; what a step takes beyond it is.
/// </summary>
internal sealed class BareStep : IDisposable
{
    private readonly BareWorkload _workload;
    private readonly BareHub _hub;
    private readonly BareNode[] _nodes;
    private readonly SocketPair[] _pairs;
    private readonly Thread[] _threads;
    private int _steps;

    /// <summary>Starts the nodes.</summary>
    public BareStep(BareWorkload workload)
    {
        _workload = workload;
        _hub = new BareHub(workload);
        _nodes = [.. Enumerable.Range(0, workload.Nodes).Select(node => new BareNode(workload, node))];
        _pairs = [.. _nodes.Select(_ => SocketPair.Connect())];
        _threads = [.. _nodes.Zip(_pairs, (node, pair) => new Thread(() => Serve(node, pair.Node)) { IsBackground = true })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>What is trained.</summary>
    public FlatParameters Parameters => _hub.Parameters;

    /// <summary>Milliseconds a step, and those of processors, all threads together.</summary>
    /// <param name="workload">What is computed.</param>
    /// <param name="duration">For how long it is measured.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static (double Step, double Processor) MillisecondsPerStep(BareWorkload workload, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var bare = new BareStep(workload);
        (double seconds, double processorSeconds) = Throughput.CostEach(duration, bare.Step, cancellationToken);
        return (1e3 * seconds, 1e3 * processorSeconds);
    }

    /// <summary>One step.</summary>
    public void Step()
    {
        ReadOnlySpan<byte> parameters = _hub.NodeParameters;
        for (int i = 0; i < _nodes.Length; i++)
        {
            SocketPair.SendAll(_pairs[i].Hub, MemoryMarshal.AsBytes(_workload.Plan(i, _steps).AsSpan()));
            SocketPair.SendAll(_pairs[i].Hub, parameters);
        }

        for (int i = 0; i < _nodes.Length; i++)
        {
            Receive(i, _hub.Activations(i));
            if (!_workload.Relays)
            {
                Receive(i, _hub.LogitGradients(i));
            }
        }

        _hub.CentralForward();
        for (int i = 0; i < _nodes.Length && _workload.Relays; i++)
        {
            SocketPair.SendAll(_pairs[i].Hub, _hub.Logits(i).Span);
        }

        for (int i = 0; i < _nodes.Length && _workload.Relays; i++)
        {
            Receive(i, _hub.LogitGradients(i));
        }

        _hub.CentralBackward();
        for (int i = 0; i < _nodes.Length && _workload.Setup.SendsActivationGradients; i++)
        {
            SocketPair.SendAll(_pairs[i].Hub, _hub.ActivationGradients(i).Span);
        }

        for (int i = 0; i < _nodes.Length; i++)
        {
            Receive(i, _hub.Gradient(i));
            _hub.AddGradient(i);
        }

        _hub.Update();
        _steps++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SocketPair pair in _pairs)
        {
            pair.Hub.Dispose();
        }

        for (int i = 0; i < _nodes.Length; i++)
        {
            _threads[i].Join();
            _pairs[i].Dispose();
            _nodes[i].Dispose();
        }

        _hub.Dispose();
    }

    private void Receive(int node, Memory<byte> target)
    {
        if (!SocketPair.ReceiveAll(_pairs[node].Hub, target.Span))
        {
            throw new EndOfStreamException($"node {node} has closed in the middle of a step");
        }
    }

    private void Serve(BareNode node, Socket socket)
    {
        try
        {
            while (SocketPair.ReceiveAll(socket, node.Indices) && SocketPair.ReceiveAll(socket, node.LandParameters()))
            {
                node.Forward();
                SocketPair.SendAll(socket, node.Activations);
                if (_workload.Relays)
                {
                    if (!SocketPair.ReceiveAll(socket, node.Logits))
                    {
                        return;
                    }

                    node.Loss();
                }

                SocketPair.SendAll(socket, node.LogitGradients);
                if (_workload.Setup.SendsActivationGradients && !SocketPair.ReceiveAll(socket, node.ActivationGradients))
                {
                    return;
                }

                node.Backward();
                SocketPair.SendAll(socket, node.Gradient);
                node.Release();
            }
        }
        catch (SocketException)
        {
            // The hub has closed in the middle: it was cancelled.
        }
    }
}
