namespace TraversalLearning.Records;

/// <summary>
/// Follows the chain through the files of a record, and finds lines that were changed, cut, moved or taken out, and files
/// that are missing. Streams: memory does not depend on the length.
/// </summary>
public sealed class RecordVerification
{
    private const int MaxFindings = 100;

    private readonly string _folder;
    private readonly RecordHead? _head;
    private readonly List<RecordFinding> _findings = [];

    // Unknown behind a line that cannot be read.
    private string? _hash = ChainedLine.Start;
    private string? _previousFile;
    private bool _hasSeenHead;

    private RecordVerification(string folder) => (_folder, _head) = (folder, RecordHead.Read(RecordFolder.HeadOf(folder)));

    /// <summary>What was found, in order; at most a hundred.</summary>
    public IReadOnlyList<RecordFinding> Findings => _findings;

    /// <summary>Number of files read.</summary>
    public int Files { get; private set; }

    /// <summary>The last line.</summary>
    public RecordHead End { get; private set; } = RecordHead.None;

    /// <summary>Whether the files before those that were read are not there or were left out.</summary>
    public bool IsPart { get; private set; }

    /// <summary>Verifies a record, which a node may be writing meanwhile.</summary>
    /// <param name="stateFolder">The node's state folder.</param>
    /// <param name="since">The first day; <see langword="null"/> for all, and then the record must begin with its first line.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static RecordVerification Of(string stateFolder, DateOnly? since = null)
    {
        var verification = new RecordVerification(RecordFolder.In(stateFolder));
        verification.Run(since);
        return verification;
    }

    private void Run(DateOnly? since)
    {
        string[] files = [.. RecordFolder.Files(_folder).Where(f => since is not { } first || RecordFolder.DayOf(f) >= first)];
        for (int i = 0; i < files.Length && _findings.Count < MaxFindings; i++)
        {
            Files++;
            Read(files[i], isFirst: i == 0, isLast: i == files.Length - 1, since is not null);
            _previousFile = files[i];
        }

        if (_findings.Count < MaxFindings)
        {
            CompareWithHead(files, since);
        }
    }

    private void Read(string name, bool isFirst, bool isLast, bool isPart)
    {
        using var file = new FileStream(Path.Combine(_folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var reader = new LineReader(file);
        long number = 0;
        while (_findings.Count < MaxFindings && reader.TryRead(out ReadOnlySpan<byte> text, out bool isWhole))
        {
            number++;
            if (!isWhole)
            {
                Incomplete(name, number, isLast);
            }
            else if (!ChainedLine.TryRead(text, out RecordLine? line, out string hash))
            {
                Damage(name, number, "changed: it is not a line of a record");
                (_hash, End) = (null, End with { Lines = End.Lines + 1 });
            }
            else
            {
                if (number == 1)
                {
                    Begin(name, line, isFirst, isPart);
                }

                Follow(name, number, line, hash, _hash is null ? hash : ChainedLine.HashOf(_hash, text));
            }
        }

        if (number == 0)
        {
            Damage(name, null, "empty");
        }
    }

    /// <summary>The first line of a file says which file is before it.</summary>
    private void Begin(string name, RecordLine line, bool isFirst, bool isPart)
    {
        if (line is not DayLine day || RecordFolder.NameOf(day.Day) != name)
        {
            Damage(name, 1, $"is not the first line of {name}: a line before it is missing, or the file has another's name");
            (_hash, End) = (null, End with { Lines = line.N - 1 });
            return;
        }

        if (!string.Equals(day.After, _previousFile, StringComparison.Ordinal) && !(isFirst && isPart))
        {
            Damage(name, 1, day.After is null ? "says that no file is before it" : $"the file before it, {day.After}, is missing");
        }

        if (isFirst || !string.Equals(day.After, _previousFile, StringComparison.Ordinal))
        {
            IsPart = day.After is not null;
            (_hash, End) = (day.Previous, End with { Lines = day.N - 1 });
        }
    }

    private void Follow(string name, long number, RecordLine line, string hash, string expected)
    {
        if (line.N > End.Lines + 1)
        {
            long first = End.Lines + 1;
            Damage(name, number, line.N == first + 1 ? $"line {first} of the record, which is before it, is missing" : $"lines {first} to {line.N - 1} of the record, which are before it, are missing");
        }
        else if (line.N <= End.Lines)
        {
            Damage(name, number, $"out of order: it is line {line.N} of the record, and comes after line {End.Lines}");
        }
        else if (!string.Equals(hash, expected, StringComparison.Ordinal))
        {
            Damage(name, number, "changed: its hash does not follow from it and the line before");
        }
        else if (line is InterruptionLine interruption)
        {
            _findings.Add(new RecordFinding(name, number, IsDamage: false, $"the node was interrupted before this line; {interruption.Bytes} bytes that were no whole lines are in {interruption.Kept}"));
        }

        (_hash, End) = (hash, new RecordHead(name, line.N, hash));
        _hasSeenHead |= _head is { } head && End == head;
    }

    private void Incomplete(string name, long number, bool isLast)
    {
        if (isLast)
        {
            _findings.Add(new RecordFinding(
                name, number, IsDamage: false, "incomplete: the node writes it now or was interrupted in it; the next start puts it aside"));
        }
        else
        {
            Damage(name, number, "cut: it has no end");
        }
    }

    private void CompareWithHead(string[] files, DateOnly? since)
    {
        if (_head is null)
        {
            if (End.Lines > 1)
            {
                Damage("head", null, "missing: whether lines were cut from the end cannot be told");
            }
        }
        else if (since is { } first && RecordFolder.DayOf(_head.File) < first)
        {
            // The record ends before that day.
        }
        else if (!files.Contains(_head.File, StringComparer.Ordinal))
        {
            Damage(_head.File, null, "missing: the head names it");
        }
        else if (End.Lines < _head.Lines)
        {
            Damage(End.File, null, $"cut: it ends with line {End.Lines} of the record, and had line {_head.Lines}");
        }
        else if (!_hasSeenHead)
        {
            Damage(_head.File, null, $"line {_head.Lines} of the record is not the one that the head names: lines were written anew, or the head was changed");
        }
    }

    private void Damage(string name, long? line, string text) => _findings.Add(new RecordFinding(name, line, IsDamage: true, text));
}
