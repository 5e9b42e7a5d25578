using System.Buffers.Binary;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Changes to a sequence of frames, mostly inside one whose lengths and checksum are made right again, so that they get past these.</summary>
internal static class FrameMutations
{
    /// <summary>An input made of some of the corpus.</summary>
    public static byte[] NewInput(FuzzRandom random, IReadOnlyList<byte[]> corpus)
    {
        List<byte[]> frames = Split(random.Pick(corpus));
        for (int changed = random.OneIn(3) ? 2 : 1; changed > 0; changed--)
        {
            int at = random.Next(frames.Count);
            byte[] frame = random.OneIn(3) ? TensorMutations.Apply(frames[at], random) : frames[at];
            frames[at] = ReferenceEquals(frame, frames[at]) ? Change(frame, random, corpus) : frame;
        }

        switch (random.Next(16))
        {
            case 0:
                frames.Insert(random.Next(frames.Count + 1), random.Pick(Split(random.Pick(corpus))));
                break;
            case 1:
                frames.RemoveAt(random.Next(frames.Count));
                break;
            case 2:
                frames.Add(frames[random.Next(frames.Count)]);
                break;
            case 3:
                (frames[0], frames[^1]) = (frames[^1], frames[0]);
                break;
        }

        byte[] input = [.. frames.SelectMany(f => f)];
        return random.OneIn(12) ? ByteMutations.Apply(input, random, corpus) : input;
    }

    private static byte[] Change(byte[] frame, FuzzRandom random, IReadOnlyList<byte[]> corpus)
    {
        byte[] header = frame[..FrameHeader.Size];
        int headLength = Math.Clamp(Frames.HeadLength(frame), FrameHeader.Size, frame.Length); // It may have been changed before.
        byte[] metadata = frame[FrameHeader.Size..headLength];
        byte[] payload = frame[headLength..];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            switch (random.Next(8))
            {
                case < 5:
                    metadata = MessagePackMutations.Apply(metadata, random, [.. corpus.Select(Metadata)]);
                    break;
                case 5:
                    metadata = ByteMutations.Apply(metadata, random, corpus);
                    break;
                case 6 when payload.Length > 0:
                    payload = ByteMutations.Apply(payload, random, corpus);
                    break;
                default:
                    metadata = Resize(metadata, ref payload, random);
                    break;
            }
        }

        if (!random.OneIn(16))
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), metadata.Length);
        }

        if (random.OneIn(2))
        {
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(20), payload.Length);
        }

        if (random.OneIn(8))
        {
            byte[] number = ByteMutations.Number(random);
            number.CopyTo(header, random.Next(header.Length - number.Length + 1));
        }

        byte[] head = [.. header, .. metadata];
        if (!random.OneIn(16))
        {
            Frames.FixChecksum(head);
        }

        return [.. head, .. payload];
    }

    /// <summary>Another payload length, and the metadata's byte that may have said the old one says the new one.</summary>
    private static byte[] Resize(byte[] metadata, ref byte[] payload, FuzzRandom random)
    {
        int length = random.Next(128);
        byte old = (byte)payload.Length;
        payload = [.. payload.Take(length), .. random.Bytes(Math.Max(0, length - payload.Length))];
        byte[] copy = [.. metadata];
        int at = Array.LastIndexOf(copy, old);
        if (at >= 0)
        {
            copy[at] = (byte)length;
        }

        return copy;
    }

    private static byte[] Metadata(byte[] frames) => frames[FrameHeader.Size..Frames.HeadLength(frames)];

    /// <summary>The frames of a valid sequence.</summary>
    private static List<byte[]> Split(byte[] sequence)
    {
        var frames = new List<byte[]>();
        for (int at = 0; at < sequence.Length;)
        {
            ReadOnlySpan<byte> rest = sequence.AsSpan(at);
            int length = Frames.HeadLength(rest) + (int)BinaryPrimitives.ReadInt64LittleEndian(rest[20..]);
            frames.Add(rest[..length].ToArray());
            at += length;
        }

        return frames;
    }
}
