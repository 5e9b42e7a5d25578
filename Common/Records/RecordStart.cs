using System.Security.Cryptography;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Records;

/// <summary>Where a record goes on: behind its last whole line. What an interrupted process left behind that is put aside.</summary>
/// <param name="Head">The last line.</param>
/// <param name="Length">Length of its file.</param>
/// <param name="Interruptions">What was put aside.</param>
internal sealed record RecordStart(RecordHead Head, long Length, InterruptionLine[] Interruptions)
{
    /// <summary>Finds the end of the record in a folder.</summary>
    /// <exception cref="UserErrorException">The record was cut.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static RecordStart Of(string folder)
    {
        RecordHead? head = RecordHead.Read(RecordFolder.HeadOf(folder));
        var ends = new List<(string Name, RecordTail Tail)>();
        foreach (string name in RecordFolder.Files(folder).Reverse())
        {
            ends.Add((name, RecordTail.Read(Path.Combine(folder, name), head)));
            if (ends[^1].Tail.Lines > 0)
            {
                break;
            }
        }

        (string Name, RecordTail Tail) last = ends.Find(e => e.Tail.Lines > 0);
        RecordHead end = last.Tail is null ? RecordHead.None : new RecordHead(last.Name, last.Tail.Lines, last.Tail.Hash);
        RequireWhole(folder, end, head);
        InterruptionLine[] interruptions = [.. ends.Where(e => e.Tail.Length < e.Tail.FileLength).Reverse().Select(e => PutAside(folder, e.Name, e.Tail))];

        // A file without a first line is begun again.
        ends.Where(e => e.Tail.Lines == 0).ToList().ForEach(e => File.Delete(Path.Combine(folder, e.Name)));
        return new RecordStart(end, last.Tail?.Length ?? 0, interruptions);
    }

    /// <summary>Requires that the record does not end before its head. It has one as soon as it has a message.</summary>
    private static void RequireWhole(string folder, RecordHead end, RecordHead? head)
    {
        if (head is null ? end.Lines <= 1 : end.Lines > head.Lines || end == head)
        {
            return;
        }

        string why = head is null
            ? "has lost its head"
            : $"ends with line {end.Lines}, and had line {head.Lines} in {head.File}: it was cut or changed, or an older copy was put back";
        throw new UserErrorException(
            ExitCode.Data, $"the record of what left in '{folder}' {why}; keep that folder under another name for whoever looks into it, and start the node again");
    }

    private static InterruptionLine PutAside(string folder, string name, RecordTail tail)
    {
        string kept = RecordFolder.NameForFragment(folder, name);
        using FileStream file = File.Open(Path.Combine(folder, name), FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        file.Position = tail.Length;
        using (FileStream copy = PrivateFiles.Open(Path.Combine(folder, kept), FileMode.CreateNew))
        {
            file.CopyTo(copy);
            copy.Flush(flushToDisk: true);
        }

        file.Position = tail.Length;
        byte[] hash = SHA256.HashData(file);
        file.SetLength(tail.Length);
        return new InterruptionLine { Bytes = tail.FileLength - tail.Length, Sha256 = Convert.ToHexStringLower(hash), Kept = kept };
    }
}
