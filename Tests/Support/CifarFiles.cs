using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>Makes files of CIFAR-10's binary version.</summary>
internal static class CifarFiles
{
    /// <summary>Bytes of a sample in a file.</summary>
    public const int RecordBytes = 3073;

    /// <summary>Noise with the labels 0 to 9, over and over; the first samples are the same whatever the count.</summary>
    public static byte[] Make(int count, ulong seed = 1)
    {
        byte[] file = new byte[count * RecordBytes];
        var random = new SeededRandom(seed);
        for (int i = 0; i < file.Length; i++)
        {
            file[i] = (byte)(i % RecordBytes == 0 ? i / RecordBytes % 10 : random.Next(256));
        }

        return file;
    }
}
