using System.Buffers.Binary;
using System.Text;
using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// The complete state of training as bytes, to be sealed: the last step, the optimizer's count of steps, then θ, the scale
/// of the sums and the optimizer's tensors, each with its name and length.
/// </summary>
internal static class TrainingState
{
    private const string Values = "params";
    private const string Scale = "scale";
    private const string Prefix = "optimizer.";

    private static readonly byte[] Magic = "TLstate1"u8.ToArray();

    /// <summary>Writes a state.</summary>
    public static byte[] Write(BlindReplica replica, StepId applied)
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(applied.Epoch);
        writer.Write(applied.Batch);
        writer.Write(applied.Attempt);
        writer.Write(OptimizerMemory.StepsOf(replica.Optimizer));
        replica.Parameters.ValuesToHost();
        IReadOnlyList<(string Name, Tensor Tensor)> memory = OptimizerMemory.TensorsOf(replica.Optimizer);
        writer.Write(memory.Count + 2);
        Write(writer, Values, replica.Parameters.ValueBytes.Span);
        Write(writer, Scale, replica.Scale.ToBytes());
        foreach ((string name, Tensor tensor) in memory)
        {
            using DisposeScope scope = NewDisposeScope();
            using var host = HostTensor.Of(tensor);
            Write(writer, Prefix + name, host.Memory.Span);
        }

        return content.ToArray();
    }

    /// <summary>Restores a state to a new replica, but for the learning rate of its epoch (<see cref="BlindReplica.MoveTo"/>).</summary>
    /// <returns>The last step that it contains.</returns>
    /// <exception cref="ModelException">The state belongs to another model or optimizer.</exception>
    public static StepId Read(BlindReplica replica, byte[] state)
    {
        try
        {
            var reader = new StateReader(state);
            if (!reader.Bytes(Magic.Length).SequenceEqual(Magic))
            {
                throw new ModelException("the sealed state has another format");
            }

            var applied = new StepId(reader.Int32(), reader.Int32(), reader.Int32());
            long steps = reader.Int64();
            var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            for (int count = reader.Int32(); count > 0; count--)
            {
                parts.Add(Encoding.UTF8.GetString(reader.Bytes(reader.Int32())), state.AsMemory(reader.Skip(checked((int)reader.Int64()), out int length), length));
            }

            Restore(replica, parts, steps);
            return applied;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new ModelException($"the sealed state is not one of this model: {e.Message}", e);
        }
    }

    private static void Restore(BlindReplica replica, Dictionary<string, ReadOnlyMemory<byte>> parts, long steps)
    {
        Copy(parts, Values, replica.Parameters.ValueBytes.Span);
        replica.Parameters.ValuesFromHost();
        replica.Scale.Read(parts.GetValueOrDefault(Scale).Span);
        string[] names = [.. parts.Keys.Where(k => k.StartsWith(Prefix, StringComparison.Ordinal)).Select(k => k[Prefix.Length..])];
        IReadOnlyList<(string Name, Tensor Tensor)> memory = OptimizerMemory.Prepare(replica.Optimizer, steps, names);
        if (memory.Count != names.Length)
        {
            throw new ModelException("the sealed state is of another optimizer");
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        foreach ((string name, Tensor tensor) in memory)
        {
            Tensor host = empty(tensor.shape, dtype: tensor.dtype, device: CPU);
            Copy(parts, Prefix + name, host.bytes);
            tensor.copy_(host);
        }
    }

    private static void Copy(Dictionary<string, ReadOnlyMemory<byte>> parts, string name, Span<byte> target)
    {
        ReadOnlySpan<byte> source = parts.GetValueOrDefault(name).Span;
        if (source.Length != target.Length)
        {
            throw new ModelException($"the sealed state has {source.Length} bytes of '{name}' where the model has {target.Length}");
        }

        source.CopyTo(target);
    }

    private static void Write(BinaryWriter writer, string name, ReadOnlySpan<byte> bytes)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        writer.Write(utf8.Length);
        writer.Write(utf8);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    /// <summary>Reads little-endian fields; throws <see cref="ArgumentException"/> beyond the end.</summary>
    private sealed class StateReader(byte[] state)
    {
        private int _at;

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(sizeof(int)));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(sizeof(long)));

        public ReadOnlySpan<byte> Bytes(int count)
        {
            ReadOnlySpan<byte> bytes = state.AsSpan(_at, count);
            _at += count;
            return bytes;
        }

        public int Skip(int count, out int length)
        {
            length = count;
            int start = _at;
            _ = Bytes(count);
            return start;
        }
    }
}
