using System.Buffers.Binary;

namespace TraversalLearning.SecureAggregation;

/// <summary>Numbers as the bytes that hashes and derivations take.</summary>
internal static class LittleEndian
{
    public static byte[] Of(params ReadOnlySpan<int> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(int)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), values[i]);
        }

        return bytes;
    }
}
