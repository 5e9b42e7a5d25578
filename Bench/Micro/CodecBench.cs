using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>What framing a tensor costs, both ways, against copying it in memory and against sending it as it is.</summary>
/// <param name="duration">For each of the measurements.</param>
internal sealed class CodecBench(TimeSpan duration)
{
    // Room for the header and the metadata.
    private const int Head = 4096;

    private static readonly TensorEncodingOptions Encoding = new(new CompressionPolicy(CompressionMode.None), Checksums: true);

    /// <summary>GB/s of each, for a tensor of so many bytes.</summary>
    public IReadOnlyList<(string What, double GigabytesPerSecond)> Measure(int length, CancellationToken cancellationToken)
    {
        byte[] tensor = new byte[length];
        new Random(1).NextBytes(tensor);
        byte[] target = new byte[length];
        byte[] frame = new byte[length + Head];
        return
        [
            ("memcpy", Rate(() => tensor.AsSpan().CopyTo(target))),
            ("checksum", Rate(() => Crc32C.Compute(tensor))),
            ("frame into memory", Rate(() => Write(frame))),
            ("frame from memory", Rate(() => Read(frame))),
            ("loopback, bare sockets", OverLoopback(bare: true)),
            ("loopback, frames", OverLoopback(bare: false)),
        ];

        double Rate(Action once) => length / Throughput.SecondsEach(duration, once, cancellationToken) / 1e9;

        void Write(byte[] buffer)
        {
            using var stream = new MemoryStream(buffer);
            Complete(WriteAsync(new FrameWriter(stream), tensor));
        }

        void Read(byte[] buffer)
        {
            using var stream = new MemoryStream(buffer);
            Complete(ReadAsync(new FrameReader(stream), target));
        }

        double OverLoopback(bool bare)
        {
            using SocketPair pair = SocketPair.Connect();
            using var sending = new NetworkStream(pair.Hub);
            var writer = new FrameWriter(sending);
            var receiver = new Thread(() => Receive(pair.Node, target, bare)) { IsBackground = true };
            receiver.Start();
            byte[] acknowledged = new byte[1];
            double rate = Rate(() =>
            {
                if (bare)
                {
                    SocketPair.SendAll(pair.Hub, tensor);
                }
                else
                {
                    Complete(WriteAsync(writer, tensor));
                }

                SocketPair.ReceiveAll(pair.Hub, acknowledged);
            });
            pair.Hub.Shutdown(SocketShutdown.Both);
            receiver.Join();
            return rate;
        }
    }

    private static void Receive(Socket socket, byte[] target, bool bare)
    {
        using var stream = new NetworkStream(socket);
        var reader = new FrameReader(stream);
        byte[] acknowledgement = new byte[1];
        while (bare ? SocketPair.ReceiveAll(socket, target) : Complete(ReadAsync(reader, target)))
        {
            SocketPair.SendAll(socket, acknowledgement);
        }
    }

    // These threads have nothing else to do than to wait: what is measured is not how a pool hands over.
    private static T Complete<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static async ValueTask<bool> WriteAsync(FrameWriter writer, byte[] tensor)
    {
        using EncodedTensor encoded = EncodedTensor.Encode(TensorNames.ParameterGradients, ElementType.Float32, [tensor.Length / sizeof(float)], tensor, Encoding);
        await writer.WriteAsync(new BackwardResult(new StepId(1, 0, 0)), 1, new[] { encoded }, CancellationToken.None);
        return true;
    }

    private static async ValueTask<bool> ReadAsync(FrameReader reader, byte[] target)
    {
        if (await reader.ReadAsync(WireLimits.Session, CancellationToken.None) is not { } frame)
        {
            return false;
        }

        await reader.ReadTensorAsync(frame.Tensors[0], target, CancellationToken.None);
        return true;
    }
}
