using System.Net.Sockets;
using TraversalLearning.Benchmarks.Runs;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>
/// The bytes of a step without the step: a hub sends each node its bytes and takes theirs, phase by phase, over bare blocking sockets and
/// with a thread for each node. What this takes, no program that moves these bytes over loopback can be spared.
/// </summary>
internal static class LoopbackFloor
{
    /// <summary>Milliseconds a step.</summary>
    /// <param name="nodes">How many are visited.</param>
    /// <param name="phases">What goes there and back.</param>
    /// <param name="duration">For how long it is measured.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static double MillisecondsPerStep(int nodes, IReadOnlyList<Phase> phases, TimeSpan duration, CancellationToken cancellationToken)
    {
        SocketPair[] pairs = [.. Enumerable.Range(0, nodes).Select(_ => SocketPair.Connect())];
        Thread[] threads = [.. pairs.Select(pair => new Thread(() => Serve(pair.Node, phases)) { IsBackground = true })];
        byte[] outgoing = new byte[phases.Max(p => p.Down)];
        byte[][] incoming = [.. pairs.Select(_ => new byte[phases.Max(p => p.Up)])];
        try
        {
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            return 1e3 * Throughput.SecondsEach(duration, Step, cancellationToken);
        }
        finally
        {
            foreach (SocketPair pair in pairs)
            {
                pair.Hub.Dispose();
            }

            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            foreach (SocketPair pair in pairs)
            {
                pair.Dispose();
            }
        }

        void Step()
        {
            foreach (Phase phase in phases)
            {
                foreach (SocketPair pair in pairs)
                {
                    SocketPair.SendAll(pair.Hub, outgoing.AsSpan(0, phase.Down));
                }

                for (int i = 0; i < pairs.Length; i++)
                {
                    SocketPair.ReceiveAll(pairs[i].Hub, incoming[i].AsSpan(0, phase.Up));
                }
            }
        }
    }

    private static void Serve(Socket socket, IReadOnlyList<Phase> phases)
    {
        byte[] received = new byte[phases.Max(p => p.Down)];
        byte[] reply = new byte[phases.Max(p => p.Up)];
        try
        {
            while (true)
            {
                foreach (Phase phase in phases)
                {
                    if (!SocketPair.ReceiveAll(socket, received.AsSpan(0, phase.Down)))
                    {
                        return;
                    }

                    SocketPair.SendAll(socket, reply.AsSpan(0, phase.Up));
                }
            }
        }
        catch (SocketException)
        {
            // The hub has closed in the middle: it was cancelled.
        }
    }
}
