#!/bin/sh
# Checks the evidence in this folder without any software of the registry:
#
#     sh verify.sh [your own copy of a file, or of a whole folder ...]
#
# Needs a POSIX shell, awk, sed, od and OpenSSL 3. Ends with 0 when all that was checked holds, and with 1 otherwise.
# Give POLICY=/path/to/policy.txt to trust the keys that you know, and not those that came with the evidence.

set -u
case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*) chinese=1 ;; *) chinese= ;; esac
LC_ALL=C
export LC_ALL

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed= earliest= no_earlier=
leaf= commitment= owner= after= index= origin= size= root= log_size= log_root= signer= key= key_id= gen_time= imprint= quorum=

main() {
    sha_of_files "$@"
    cd "$(dirname "$0")" || exit 1
    policy=${POLICY:-policy.txt}
    check_leaf
    check_place
    check_opening
    check_manifest
    check_authors
    check_witnesses
    check_tokens
    check_file_tokens
    check_consistency
    check_lower_bound
    check_files
    conclude
}

# --- the leaf: exact bytes, signed by the owner's key

check_leaf() {
    vkey='owner[+][0-9a-f]{8}[+][A-Za-z0-9+/]{44}'
    form='^[{]"after":"[0-9]{1,16}:[A-Za-z0-9+/]{43}=","c":"[0-9a-f]{64}","k":"'$vkey'","prev":(null|"[0-9a-f]{64}"),'
    form=$form'"s":"[A-Za-z0-9+/]{86}==","t":"(register|version)","v":1[}]$'
    if ! grep -Eq "$form" entry.json || [ "$(wc -l <entry.json)" -ne 0 ]; then
        fail "entry.json is not a registration" "entry.json 不是登记条目"
        return
    fi
    leaf=$( { printf '\000' && cat entry.json; } | sha)
    commitment=$(field c entry.json)
    owner=$(field k entry.json)
    after=$(field after entry.json)
    { printf 'guildhall-ip-leaf/v1\n' && sed 's/"s":"[^"]*",//' entry.json | tr -d '\n'; } >"$work/unsigned"
    if read_vkey "$owner" 01 && ed25519 "$key" "$(from_base64 "$(field s entry.json)")" "$work/unsigned"; then
        pass "leaf $leaf, signed by $owner" "叶 $leaf，由 $owner 签名"
    else
        fail "the owner's signature in entry.json is false" "entry.json 中的所有者签名无效"
    fi
}

# --- its place in the log: the path of hashes (RFC 9162, 2.1.3.2) and the log's signature

check_place() {
    if ! split_proof entry.tlog-proof || ! cmp -s "$work/body" checkpoint.txt; then
        fail "entry.tlog-proof and checkpoint.txt do not fit" "entry.tlog-proof 与 checkpoint.txt 不相符"
        return
    fi
    log_size=$size log_root=$root
    cp "$work/note" "$work/first-note"
    if signed_by_log; then
        pass "checkpoint of $origin at size $size, signed by $signer" "检查点：$origin，大小 $size，由 $signer 签名"
        grep -q "^log $origin+[0-9a-f]*+B" "$policy" &&
            skip "the log's second signature, ML-DSA-44, is not checked here" "日志的第二个签名（ML-DSA-44）此处不核验"
    else
        fail "no log of $policy signed the checkpoint" "检查点没有 $policy 中任何日志的有效签名"
    fi
    if included "$leaf"; then
        pass "the log holds the leaf at index $index" "日志在序号 $index 处存有该叶"
    else
        fail "the path does not lead from the leaf to the root" "路径不能从该叶到达树根"
    fi
}

split_proof() {
    [ "$(sed -n 1p "$1")" = 'c2sp.org/tlog-proof@v1' ] || return 1
    sed '/^$/,$d' "$1" | sed '1d; /^extra /d' >"$work/path"
    index=$(sed -n '1s/^index //p' "$work/path")
    number "$index" || return 1
    sed 1d "$work/path" >"$work/hashes"
    sed '1,/^$/d' "$1" >"$work/note"
    read_note
}

read_note() { # the note in $work/note: sets origin, size, root
    sed -n '1,3p' "$work/note" >"$work/body"
    [ -z "$(sed -n 4p "$work/note")" ] || return 1
    origin=$(sed -n 1p "$work/body")
    size=$(sed -n 2p "$work/body")
    root=$(from_base64 "$(sed -n 3p "$work/body")")
    number "$size" && [ ${#root} -eq 64 ]
}

signed_by_log() {
    found=1
    while read -r word log _; do
        [ "$word" = log ] || continue
        case "$log" in "$origin+"*) ;; *) continue ;; esac
        read_vkey "$log" 01 || continue
        signature=$(signature_of "$origin" "$key_id") || continue
        ed25519 "$key" "$signature" "$work/body" || return 1
        signer=$log
        found=0
    done <"$policy"
    return $found
}

included() { # whether the leaf with this hash stands at $index in the tree of $size and $root, by $work/hashes
    [ -n "$1" ] && [ "$index" -lt "$size" ] || return 1
    fn=$index sn=$((size - 1)) hash=$1
    while read -r sibling; do
        sibling=$(from_base64 "$sibling")
        [ ${#sibling} -eq 64 ] && [ "$sn" -ne 0 ] || return 1
        if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
            hash=$(node "$sibling" "$hash")
            while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
        else
            hash=$(node "$hash" "$sibling")
        fi
        fn=$((fn >> 1)) sn=$((sn >> 1))
    done <"$work/hashes"
    [ "$sn" -eq 0 ] && [ "$hash" = "$root" ]
}

# --- what opens the commitment: the opening, the files, the names

check_opening() {
    if [ ! -f record/opening.json ] || [ ! -f record/salt ]; then
        skip "the record is not opened here: nothing is said about its content" "此处未附开启材料：对内容不作说明"
        return
    fi
    salt=$(cat record/salt)
    opening=$(sha <record/opening.json)
    made=$( { printf 'guildhall-ip-commit/v1\n' && bytes "$salt$opening"; } | sha)
    if [ ${#salt} -eq 64 ] && [ "$made" = "$commitment" ] && grep -Fq "\"owner_key\":\"$owner\"" record/opening.json
    then
        pass "the commitment opens to: $(field title record/opening.json)" "承诺值开启为：$(field title record/opening.json)"
    else
        fail "opening and salt do not give the commitment of the leaf" "开启内容与盐不能得出叶中的承诺值"
    fi
}

check_manifest() {
    [ -f manifest.json ] && [ -f record/opening.json ] || return 0
    mark=$(printf '\001')
    awk '{ sub(/^\["/, ""); sub(/"\]$/, ""); gsub(/","/, "\n"); print }' manifest.json |
        sed "s/\\\\\\\\/$mark/g; s/\\\\\"/\"/g; s/$mark/\\\\/g" >"$work/records"
    count=$(awk 'END { print NR }' "$work/records")
    [ "$count" -lt 500 ] || say "      hashing the records of $count files, which takes a while" "      正在计算 $count 个文件的记录，需要一些时间"
    : >"$work/row"
    while IFS= read -r record; do
        { printf '\000' && printf %s "$record"; } | sha >>"$work/row"
    done <"$work/records"
    while [ "$(wc -l <"$work/row")" -gt 1 ]; do
        while read -r left; do
            if read -r right; then node "$left" "$right"; else printf '%s\n' "$left"; fi
        done <"$work/row" >"$work/above"
        mv "$work/above" "$work/row"
    done
    if [ "$(cat "$work/row")" = "$(field manifest_root record/opening.json)" ]; then
        pass "the list of files is the one that was sealed: $count" "文件清单即封存时的清单：共 $count 个文件"
    else
        fail "manifest.json is not the list of files that was sealed" "manifest.json 不是封存时的文件清单"
        : >"$work/records"
    fi
}

check_authors() {
    [ -f record/authors.json ] && [ -f record/opening.json ] || return 0
    awk '{
        sub(/^\[/, "")
        while (length($0) > 1) {
            if ($0 ~ /^null/) { print "null"; sub(/^null[],]/, ""); continue }
            if (!match($0, /,"salt":"[0-9a-f]*"[}]/)) { print "?"; exit }
            print substr($0, RSTART + 9, RLENGTH - 11) " " substr($0, 1, RSTART - 1) "}"
            $0 = substr($0, RSTART + RLENGTH + 1)
        }
    }' record/authors.json >"$work/authors"
    sed 's/.*"authors":\[\([^]]*\)\].*/\1/' record/opening.json | tr ',' '\n' |
        sed -n 's/.*"id_commit":"\([0-9a-f]*\)"$/\1/p' >"$work/committed"
    true_names=0
    while read -r salt name <&3; do
        read -r committed <&4 || committed=
        [ "$salt" = null ] && continue
        made=$( { printf 'guildhall-ip-author/v1\n' && bytes "$salt" && printf %s "$name"; } | sha)
        [ ${#salt} -eq 32 ] && [ "$made" = "$committed" ] || true_names=1
    done 3<"$work/authors" 4<"$work/committed"
    if [ $true_names -eq 0 ] && [ "$(wc -l <"$work/authors")" -eq "$(wc -l <"$work/committed")" ]; then
        pass "the names in record/authors.json are those that were sealed" "record/authors.json 中的姓名即封存时的姓名"
    else
        fail "record/authors.json has a name that was not sealed" "record/authors.json 中有未经封存的姓名"
    fi
}

# --- time: who outside saw the checkpoint, and when

check_witnesses() {
    : >"$work/seen"
    while read -r word name vkey _; do
        [ "$word" = witness ] || continue
        cp "$work/first-note" "$work/note" 2>/dev/null || return
        if read_vkey "$vkey" 06; then
            signature_of "${vkey%%+*}" "$key_id" >/dev/null &&
                skip "witness $name signed with ML-DSA-44, which is not checked here" "见证方 $name 使用 ML-DSA-44 签名，此处不核验"
            continue
        fi
        read_vkey "$vkey" 04 && signature=$(signature_of "${vkey%%+*}" "$key_id") || continue
        time=$((0x$(printf %s "$signature" | cut -c1-16)))
        { printf 'cosignature/v1\ntime %s\n' "$time" && cat checkpoint.txt; } >"$work/cosigned"
        if ed25519 "$key" "$(printf %s "$signature" | cut -c17-)" "$work/cosigned"; then
            pass "witness $name saw the checkpoint at $(moment "$time")" "见证方 $name 于 $(moment "$time") 见到该检查点"
            printf '%s %s\n' "$time" "$name" >>"$work/seen"
        else
            fail "the cosignature of $name is false" "$name 的联署无效"
        fi
    done <"$policy"
    check_quorum
}

check_quorum() { # the time counts when the last witness of the first quorum signed: one of them may be false
    present=' none '
    is_quorum && return
    sort -n "$work/seen" >"$work/in-order"
    while read -r time name; do
        present="$present$name "
        if is_quorum; then
            seen_at "$time"
            return
        fi
    done <"$work/in-order"
    fail "too few witnesses cosigned: the policy asks for “$quorum”" "联署的见证方不足：策略要求“$quorum”"
}

is_quorum() { # whether the witnesses in $present are enough for the policy
    held=$present
    while read -r word name least members; do
        case "$word" in
        group)
            count=0 all=0
            for member in $members; do
                all=$((all + 1))
                case "$held" in *" $member "*) count=$((count + 1)) ;; esac
            done
            case "$least" in any) least=1 ;; all) least=$all ;; esac
            [ "$count" -ge "$least" ] && held="$held$name "
            ;;
        quorum) quorum=$name ;;
        esac
    done <"$policy"
    case "$held" in *" $quorum "*) return 0 ;; *) return 1 ;; esac
}

check_tokens() {
    for token in tsa/*.tsr; do
        [ -f "$token" ] || continue
        if read_token "$token" && verify_token "$token" "${token%.tsr}.chain.pem" -data checkpoint.txt; then
            if is_demo "${token%.tsr}.chain.pem"; then
                skip "$token is of a demo authority, which proves nothing to others" "$token 出自演示机构，对他人不具证明力"
                continue
            fi
            pass "$token: the checkpoint existed at $(moment "$gen_time")" "$token：该检查点在 $(moment "$gen_time") 已存在"
            seen_at "$gen_time"
        else
            fail "$token is no valid time-stamp of checkpoint.txt" "$token 不是 checkpoint.txt 的有效时间戳"
        fi
    done
}

check_file_tokens() { # over single files, counted as in manifest.json
    for token in tsa/files/*/*.tsr; do
        [ -f "$token" ] || continue
        place=${token#tsa/files/}
        sum=$(sed -n "${place%%/*}s/.*\"sha256\":\"\([0-9a-f]*\)\".*/\1/p" "$work/records" 2>/dev/null)
        if [ -n "$sum" ] && read_token "$token" && verify_token "$token" "${token%.tsr}.chain.pem" -digest "$sum"; then
            pass "$token: file ${place%%/*} existed at $(moment "$gen_time")" "$token：第 ${place%%/*} 个文件在 $(moment "$gen_time") 已存在"
        else
            fail "$token is no valid time-stamp of file ${place%%/*}" "$token 不是第 ${place%%/*} 个文件的有效时间戳"
        fi
    done
    [ ! -f ots/checkpoint.ots ] ||
        skip "ots/ is checked with: ots verify -f ots/checkpoint.txt ots/checkpoint.ots" \
            "ots/ 请用 ots verify -f ots/checkpoint.txt ots/checkpoint.ots 核验"
}

read_token() { # sets gen_time, imprint, is_token
    is_token=
    openssl ts -reply -in "$1" -text >"$work/token" 2>/dev/null || {
        is_token=-token_in
        openssl ts -reply -in "$1" -token_in -text >"$work/token" 2>/dev/null || return 1
    }
    gen_time=$(sed -n 's/^Time stamp: //p' "$work/token" | seconds)
    imprint=$(sed -n '/^Message data:/,/^Serial/s/^ *[0-9a-f]* - \(.\{47\}\).*/\1/p' "$work/token" | tr -cd 0-9a-f)
    [ -n "$gen_time" ] && [ -n "$imprint" ]
}

verify_token() { # token, chain, then what it is over. The chain is judged at the time of the token.
    # shellcheck disable=SC2086
    openssl ts -verify -in "$1" $is_token -CAfile "$2" -untrusted "$2" -attime "$gen_time" "$3" "$4" >/dev/null 2>&1
}

is_demo() { openssl x509 -noout -subject -in "$1" 2>/dev/null | grep -q 'for trying only'; }

# --- the log at other sizes, and how old the leaf can be

check_consistency() {
    for file in consistency/*.proof; do
        [ -f "$file" ] || continue
        old=$(sed -n '1s/^old //p' "$file")
        sed '/^$/,$d' "$file" | sed 1d >"$work/hashes"
        sed '1,/^$/d' "$file" >"$work/note"
        if number "$old" && read_note && signed_by_log && old_root_known && consistent; then
            pass "the log of size $size continues the one of size $old" "大小为 $size 的日志是大小为 $old 的日志的延续"
        else
            fail "$file does not join the log of two sizes" "$file 不能证明两个大小的日志前后一致"
        fi
    done
}

old_root_known() { # one of the two is checkpoint.txt; an older one is the one that the leaf names
    old_root=$log_root
    [ "$old" = "$log_size" ] && return 0
    old_root=$(from_base64 "${after#*:}")
    [ "$old" = "${after%%:*}" ] && [ "$size" = "$log_size" ] && [ "$root" = "$log_root" ]
}

consistent() { # whether the tree of $old and $old_root begins that of $size and $root (RFC 9162, 2.1.4.2)
    [ "$old" -gt 0 ] && [ "$old" -le "$size" ] || return 1
    if [ "$old" -eq "$size" ]; then
        [ "$old_root" = "$root" ] && [ ! -s "$work/hashes" ]
        return
    fi
    fn=$((old - 1)) sn=$((size - 1))
    while [ $((fn & 1)) -eq 1 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
    fr= sr=
    [ $((old & (old - 1))) -eq 0 ] && fr=$old_root sr=$old_root
    while read -r sibling; do
        sibling=$(from_base64 "$sibling")
        [ ${#sibling} -eq 64 ] || return 1
        if [ -z "$fr" ]; then
            fr=$sibling sr=$sibling
            continue
        fi
        [ "$sn" -ne 0 ] || return 1
        if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
            fr=$(node "$sibling" "$fr") sr=$(node "$sibling" "$sr")
            while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
        else
            sr=$(node "$sr" "$sibling")
        fi
        fn=$((fn >> 1)) sn=$((sn >> 1))
    done <"$work/hashes"
    [ "$sn" -eq 0 ] && [ "$fr" = "$old_root" ] && [ "$sr" = "$root" ]
}

check_lower_bound() {
    [ -f after/anchor.json ] || return 0
    anchor=$( { printf '\000' && cat after/anchor.json; } | sha)
    if split_proof after/anchor.tlog-proof && signed_by_log && included "$anchor" &&
        [ "$size" = "${after%%:*}" ] && [ "$root" = "$(from_base64 "${after#*:}")" ] &&
        [ "$(field c after/anchor.json)" = "$(sha <after/token.tsr)" ] &&
        read_token after/token.tsr && verify_token after/token.tsr after/token.chain.pem -digest "$imprint"; then
        if is_demo after/token.chain.pem; then
            skip "after/ rests on a demo authority, which proves nothing to others" "after/ 依据演示机构，对他人不具证明力"
            return
        fi
        pass "the leaf names a log that held a time-stamp of $(moment "$gen_time")" "该叶所指的日志已载有 $(moment "$gen_time") 的时间戳"
        no_earlier=$gen_time
        [ -z "$earliest" ] || [ $((no_earlier - 300)) -le "$earliest" ] ||
            fail "the times contradict each other by more than five minutes" "各项时间相互矛盾，相差超过五分钟"
    else
        fail "after/ does not show how old the leaf can be" "after/ 不能证明该叶的最早时间"
    fi
}

# --- your own copies

sha_of_files() {
    : >"$work/given" && : >"$work/files"
    for file in "$@"; do
        case "$file" in -*) file=./$file ;; esac
        if [ ! -d "$file" ]; then printf '%s\n' "$file" >>"$work/given"
        elif [ -n "$(find -H "$file" -type f | sed -n 1p)" ]; then find -H "$file" -type f >>"$work/given"
        else fail "there is no file in $file" "$file 中没有文件"; fi
    done
    while IFS= read -r file; do
        if [ -r "$file" ]; then printf '%s %s\n' "$(sha <"$file")" "$file" >>"$work/files"
        else fail "cannot read $file" "无法读取 $file"; fi
    done <"$work/given"
}

check_files() {
    while read -r sum file; do
        record=$(grep -F "\"sha256\":\"$sum\"" "$work/records" 2>/dev/null | sed -n 1p)
        if [ -n "$record" ]; then
            path=$(printf %s "$record" | sed 's/^{"path":"//; s/","salt":.*//')
            pass "MATCH: $file is the sealed file $path" "一致：$file 即封存的文件 $path"
        else
            fail "NO MATCH: $file is not in the list of sealed files" "不一致：$file 不在封存的文件清单中"
        fi
    done <"$work/files"
}

conclude() {
    echo
    if [ -n "$failed" ]; then
        say "NOT PROVEN: something above does not hold." "未获证明：以上有不成立之处。"
        exit 1
    fi
    if [ -n "$earliest" ]; then
        say "PROVEN: this existed in this form no later than $(moment "$earliest")." "已获证明：此内容最迟于 $(moment "$earliest") 即以此形式存在。"
    else
        say "The log holds it, but nobody outside has vouched for a time yet." "日志已收录，但尚无外部时间证明。"
    fi
    [ -n "$no_earlier" ] && say "The registration was signed no earlier than $(moment "$no_earlier")." "登记签署不早于 $(moment "$no_earlier")。"
    say "Not proven: who invented it, that it is new, or that anybody has a patent right." "不证明：发明人身份、新颖性，或任何专利权。"
    [ -n "${POLICY:-}" ] || say "The keys came with the evidence (policy.txt): compare them with those you know." "所用公钥随证据附带（policy.txt）：请与您另行获知的公钥核对。"
    exit 0
}

# --- small tools

say() { if [ -n "$chinese" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
pass() { say "ok    $1" "通过  $2"; }
skip() { say "--    $1" "未验  $2"; }
fail() {
    say "FAIL  $1" "失败  $2"
    failed=1
}

if command -v sha256sum >/dev/null 2>&1; then sha() { sha256sum | cut -c1-64; }
else sha() { openssl dgst -sha256 -r | cut -c1-64; }; fi

node() { bytes "01$1$2" | sha; }

hex() { od -An -v -tx1 | tr -d ' \n'; }

bytes() { # hexadecimal to bytes
    # shellcheck disable=SC2059
    printf "$(printf '%s\n' "$1" | awk '{
        digits = "0123456789abcdef"
        for (i = 1; i < length($0); i += 2)
            printf "\\%03o", 16 * (index(digits, substr($0, i, 1)) - 1) + index(digits, substr($0, i + 1, 1)) - 1
    }')"
}

from_base64() { # to hexadecimal; nothing for what is not canonical
    decoded=$(printf %s "$1" | openssl base64 -d -A 2>/dev/null | hex)
    [ "$(bytes "$decoded" | openssl base64 -A)" = "$1" ] && printf %s "$decoded"
}

number() { # a decimal number without leading zeros that the shell can count with
    case "$1" in '' | *[!0-9]* | 0?*) return 1 ;; esac
    [ ${#1} -le 16 ]
}

field() { sed -n 's/.*[{,]"'"$1"'":"\([^"]*\)".*/\1/p' "$2" | sed -n 1p; }

read_vkey() { # a verifier key and the type it must have: sets key and key_id
    decoded=${1#*+} && key_id=${decoded%%+*}
    key=$(from_base64 "${decoded#*+}")
    case "$key" in "$2"*) ;; *) return 1 ;; esac
    [ "$( { printf '%s\n' "${1%%+*}" && bytes "$key"; } | sha | cut -c1-8)" = "$key_id" ] || return 1
    key=${key#??}
}

signature_of() { # what follows the key id on the line of this name and key id in $work/note
    while read -r dash name encoded; do
        [ "$dash" = '—' ] && [ "$name" = "$1" ] || continue
        decoded=$(from_base64 "$encoded")
        case "$decoded" in "$2"*) printf %s "${decoded#????????}" && return 0 ;; esac
    done <"$work/note"
    return 1
}

ed25519() { # public key, signature (hexadecimal), file
    [ ${#1} -eq 64 ] && [ ${#2} -eq 128 ] || return 1
    bytes "302a300506032b6570032100$1" >"$work/key"
    bytes "$2" >"$work/signature"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin -in "$3" -sigfile "$work/signature" \
        >/dev/null 2>&1
}

seconds() { # "Nov 26 02:00:00 2026 GMT" since 1970
    awk '{
        month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3
        split($3, clock, ":")
        year = $4 - (month <= 2)
        days = 365 * year + int(year / 4) - int(year / 100) + int(year / 400)
        days += int((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + $2 - 719469
        printf "%d\n", days * 86400 + clock[1] * 3600 + clock[2] * 60 + int(clock[3])
    }'
}

moment() { # seconds since 1970 as a date in UTC
    date -u -d "@$1" '+%Y-%m-%d %H:%M:%S UTC' 2>/dev/null || date -u -r "$1" '+%Y-%m-%d %H:%M:%S UTC'
}

seen_at() { if [ -z "$earliest" ] || [ "$1" -lt "$earliest" ]; then earliest=$1; fi; }

main "$@"
