using System.Runtime.InteropServices;
using K4os.Compression.LZ4;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// Changes to a frame's tensors that leave nothing contradictory: another shape, type, name or number of them, with just the bytes that belong to it.
/// What is left to refuse such a frame is that it is not the one that this step expects.
/// </summary>
internal static class TensorMutations
{
    private const int MaxLength = 64 * 1024;

    private static readonly string[] Names =
    [
        TensorNames.Parameters, TensorNames.Indices, TensorNames.Activations, TensorNames.Logits, TensorNames.LogitGradients, TensorNames.ActivationGradients,
        TensorNames.ParameterGradients, string.Empty, "other",
    ];

    /// <summary>One change.</summary>
    /// <returns>The frame as it is where it is no valid one any more, or has no tensors.</returns>
    public static byte[] Apply(byte[] frame, FuzzRandom random)
    {
        ReceivedFrame? received;
        try
        {
            received = Frames.Read(frame);
        }
        catch (ProtocolException)
        {
            return frame;
        }

        if (received is null || received.Tensors.Count == 0)
        {
            return frame;
        }

        List<TensorSample> tensors = [.. received.Descriptors.Zip(received.Tensors, (d, raw) => new TensorSample(d.Name, d.Type, d.Shape, raw))];
        int at = random.Next(tensors.Count);
        switch (random.Next(8))
        {
            case 0:
                tensors.RemoveAt(at);
                break;
            case 1:
                tensors.Insert(at, random.Pick(tensors));
                break;
            case 2:
                (tensors[0], tensors[at]) = (tensors[at], tensors[0]);
                break;
            default:
                tensors[at] = Change(tensors[at], random);
                break;
        }

        return Write(frame, received, tensors, random);
    }

    private static TensorSample Change(TensorSample tensor, FuzzRandom random)
    {
        TensorSample changed = random.Next(6) switch
        {
            0 => tensor with { Name = random.Pick(Names) },
            1 => tensor with { Type = (ElementType)random.Next(1, 4) },
            2 or 3 => tensor with { Raw = Content(tensor, random) },
            _ => tensor with { Shape = Reshape(tensor.Shape, random) },
        };
        long length = changed.Shape.Aggregate((long)changed.Type.Size(), (a, b) => a * b);
        byte[] raw = new byte[Math.Min(length, MaxLength)];
        changed.Raw.AsSpan(0, Math.Min(raw.Length, changed.Raw.Length)).CopyTo(raw);
        return length > MaxLength ? tensor : changed with { Raw = raw };
    }

    /// <summary>Indices at the edges; numbers that are none.</summary>
    private static byte[] Content(TensorSample tensor, FuzzRandom random)
    {
        byte[] raw = [.. tensor.Raw];
        Span<int> words = MemoryMarshal.Cast<byte, int>(raw.AsSpan());
        if (!words.IsEmpty)
        {
            words[random.Next(words.Length)] = random.OneIn(2) ? random.Next(-2, 10) : (int)random.Number();
        }

        return raw;
    }

    private static long[] Reshape(long[] shape, FuzzRandom random)
    {
        List<long> changed = [.. shape];
        int at = random.Next(changed.Count);
        switch (random.Next(6))
        {
            case 0 when changed.Count > 0:
                changed[at]++;
                break;
            case 1 when changed.Count > 0:
                changed[at] = Math.Max(0, changed[at] - 1);
                break;
            case 2 when changed.Count > 0:
                changed.RemoveAt(at);
                break;
            case 3 when changed.Count < TensorDescriptor.MaxRank:
                changed.Insert(at, random.Next(3));
                break;
            case 4 when changed.Count > 0:
                changed[at] = random.Next(64);
                break;
            default:
                changed.Reverse();
                break;
        }

        return [.. changed];
    }

    private static byte[] Write(byte[] frame, ReceivedFrame received, List<TensorSample> tensors, FuzzRandom random)
    {
        bool lz4 = random.OneIn(4);
        (object?[] Descriptor, byte[] Bytes)[] written = [.. tensors.Take(TensorSection.MaxTensors).Select(t => Encode(t, lz4, random))];
        byte[] section = Pack.Of(written.Select(w => (object?)w.Descriptor).ToArray());
        byte[] metadata = MessagePackMutations.ReplaceField(frame[FrameHeader.Size..Frames.HeadLength(frame)], "tensors", section);
        byte[] head = [.. frame[..FrameHeader.Size], .. metadata];
        byte[] payload = [.. written.SelectMany(w => w.Bytes)];
        FrameHeader.Write(head, received.Type, received.RequestId, payload.Length);
        return [.. head, .. payload];
    }

    private static (object?[] Descriptor, byte[] Bytes) Encode(TensorSample tensor, bool lz4, FuzzRandom random)
    {
        byte[] bytes = tensor.Raw;
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(bytes.Length)];
        int length = lz4 ? LZ4Codec.Encode(bytes, block) : 0;
        bool shrinks = length > 0 && length < bytes.Length;
        bytes = shrinks ? block[..length] : bytes;
        object? checksum = random.OneIn(2) ? Crc32C.Compute(bytes) : null;
        return ([tensor.Name, (int)tensor.Type, tensor.Shape.Select(d => (object?)d).ToArray(), shrinks ? 1 : 0, bytes.Length, checksum], bytes);
    }
}
